/** Clocks that stand still until they are told otherwise. */

import type { Clock } from '@easycerts/core';

/** The time at which tests take place. */
export const testTime = '2020-01-01T12:00:00Z';

/** A clock that always shows the same time. */
export function fixedClock(time: string = testTime): Clock {
  return Object.freeze({ now: () => new Date(time) });
}

export interface AdvanceableClock extends Clock {
  advance(durationMs: number): void;
}

/** A clock that moves when it is told to. */
export function advanceableClock(time: string = testTime): AdvanceableClock {
  let now = new Date(time).getTime();
  return {
    now: () => new Date(now),
    advance: (durationMs) => {
      now += durationMs;
    },
  };
}
