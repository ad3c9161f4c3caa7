/** Several asynchronous sequences as one. */

/** Merges sequences that are sorted already; of equals, the earlier sequence goes first. */
export async function* mergeSorted<T>(
  sources: readonly AsyncIterable<T>[],
  compare: (one: T, other: T) => number,
): AsyncGenerator<T, void> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
    for (;;) {
      let least: { readonly index: number; readonly value: T } | undefined;
      for (const [index, head] of heads.entries()) {
        if (!head.done && (least === undefined || compare(head.value, least.value) < 0))
          least = { index, value: head.value };
      }
      const iterator = least === undefined ? undefined : iterators[least.index];
      if (least === undefined || iterator === undefined) return;
      yield least.value;
      heads[least.index] = await iterator.next();
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}

/** Whatever comes first from any of the sequences, until all have ended. One that fails ends all. */
export async function* interleave<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T, void> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const next = (index: number): Promise<{ index: number; result: IteratorResult<T> }> | undefined =>
    iterators[index]?.next().then((result) => ({ index, result }));
  const waiting = new Map(iterators.map((_, index) => [index, next(index)]));
  try {
    while (waiting.size > 0) {
      const arrived = await Promise.race(waiting.values());
      if (arrived === undefined) return;
      if (arrived.result.done) {
        waiting.delete(arrived.index);
      } else {
        yield arrived.result.value;
        waiting.set(arrived.index, next(arrived.index));
      }
    }
  } finally {
    for (const pending of waiting.values()) pending?.catch(() => undefined);
    // A source that waits for its next value would make `return` wait too; its abort signal ends it.
    for (const iterator of iterators) iterator.return?.().catch(() => undefined);
  }
}
