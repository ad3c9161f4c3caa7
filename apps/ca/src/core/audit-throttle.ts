/** Keeps a flood out of the audit trail: of the same refusal, one a window, with the number of those left out. */

import { secondMs } from '@easycerts/core';

/** Long enough for a flood to become a trickle, short enough to see when it ends. */
export const throttleWindowMs = 10 * secondMs;
/** More different keys than there are hosts; the oldest are forgotten. */
const maxKeys = 1_000;

export interface ThrottleAnswer {
  readonly isTold: boolean;
  /** Left out since the last one that was told. */
  readonly leftOut: number;
}

/** Whether this one is to be told; counts those that are not. */
export type AuditThrottle = (key: string, now: Date) => ThrottleAnswer;

/** A throttle of its own. */
export function createAuditThrottle(): AuditThrottle {
  const seen = new Map<string, { toldAtMs: number; leftOut: number }>();
  return (key, now) => {
    const known = seen.get(key);
    if (known !== undefined && now.getTime() - known.toldAtMs < throttleWindowMs) {
      known.leftOut += 1;
      return { isTold: false, leftOut: known.leftOut };
    }
    seen.delete(key);
    seen.set(key, { toldAtMs: now.getTime(), leftOut: 0 });
    const oldest = seen.keys().next();
    if (seen.size > maxKeys && !oldest.done) seen.delete(oldest.value);
    return { isTold: true, leftOut: known?.leftOut ?? 0 };
  };
}
