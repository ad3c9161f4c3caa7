/** Works on the items of a sequence, some at a time. */

/**
 * What `work` makes of each item, as soon as it is made, not in their order. At most `limit` items are under way or wait to be
 * taken: so fast as the results are taken, items are read. The first failure, of an item or of the sequence, ends it.
 */
export async function* inParallel<T, R>(
  items: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const results: R[] = [];
  let underWay = 0;
  let isEnded = false;
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => undefined;
  const woken = (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    return promise;
  };
  const fail = (error: unknown): void => {
    failure ??= { error };
    wake();
  };
  const start = (item: T): void => {
    underWay += 1;
    work(item)
      .then((result) => results.push(result), fail)
      .finally(() => {
        underWay -= 1;
        wake();
      });
  };
  const iterator = items[Symbol.asyncIterator]();
  let reading = false;
  const readNext = (): void => {
    if (reading || isEnded || underWay + results.length >= limit) return;
    reading = true;
    iterator.next().then(({ done, value }) => {
      reading = false;
      if (done) isEnded = true;
      else start(value);
      readNext();
      wake();
    }, fail);
  };
  try {
    for (;;) {
      readNext();
      if (failure !== undefined) throw failure.error;
      if (results.length > 0) yield* results.splice(0, 1);
      else if (isEnded && underWay === 0) return;
      else await woken();
    }
  } finally {
    isEnded = true;
    // Not waited for: it may be waiting itself, for an item that never comes.
    iterator.return?.().catch(() => undefined);
  }
}
