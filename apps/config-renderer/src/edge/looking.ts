/** Looks again and again: when something asks for it, and at the latest when the last look said. */

export interface Looking {
  /** Asks for a look soon; many requests cost one. */
  soon(): void;
  /** Looks now; resolves when that look is over. */
  now(): Promise<void>;
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

/** `look` never throws and resolves with the time until the next look. Several hints within `settleMs` cost one look. */
export function startLooking(look: () => Promise<number>, settleMs: number): Looking {
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<void> | undefined;
  let isAskedAgain = false;
  let isClosed = false;

  const lookIn = (delayMs: number): void => {
    if (isClosed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void now(), delayMs);
  };
  const now = (): Promise<void> => {
    if (isClosed) return Promise.resolve();
    if (underWay !== undefined) isAskedAgain = true;
    underWay ??= look().then((nextMs) => {
      underWay = undefined;
      lookIn(isAskedAgain ? settleMs : nextMs);
      isAskedAgain = false;
    });
    return underWay;
  };
  return {
    soon: () => {
      if (underWay === undefined) lookIn(settleMs);
      else isAskedAgain = true;
    },
    now,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}
