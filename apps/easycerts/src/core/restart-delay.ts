/** How long to wait before a process that ended is started again. */

const firstDelayMs = 100;
const longestDelayMs = 5_000;
/** A process that ran this long was well: it is started at once, as if for the first time. */
const settledAfterMs = 20_000;

/** Doubles with each start that did not last; `failures` counts those before, 0 for the first. */
export function restartDelayMs(failures: number, ranForMs: number): number {
  if (ranForMs >= settledAfterMs) return 0;
  return Math.min(firstDelayMs * 2 ** Math.min(failures, 16), longestDelayMs);
}

/** The number of starts that did not last, after one more end. */
export function countFailures(failures: number, ranForMs: number): number {
  return ranForMs >= settledAfterMs ? 0 : failures + 1;
}
