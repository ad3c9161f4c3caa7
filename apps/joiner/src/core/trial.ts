/**
 * A component on trial with new certificates: it was healthy before, so if it is not afterwards, they are to blame.
 *
 *   change ──▶ ON TRIAL ──healthy after a restart, or for the whole grace time──▶ PASSED
 *                  └──did not come up, or unhealthy for too long──▶ FAILED ──previous sets put back, restart──▶ (no trial)
 */

/** A set that is being tried. */
export interface TriedSet {
  /** Name in the certificate list. */
  readonly name: string;
  readonly directory: string;
  /** Serial number of the certificate that is tried. */
  readonly serial: string;
}

export interface Trial {
  readonly sets: readonly TriedSet[];
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

export interface TrialFacts {
  readonly nowMs: number;
  readonly isHealthy: boolean;
  /** Since when the component alone is to blame: unhealthy while everything it needs is healthy. */
  readonly blamedSinceMs: number | undefined;
}

/**
 * How long the health of a component that reads certificates by itself is watched: serving certificates are re-read within
 * 2 s, clients notice at their next handshake (docs/adr/0004-reload-first.md).
 */
export const graceMs = 60_000;
/** Shorter disturbances are those of every reload. */
const toleratedMs = 5_000;
/** A component that was healthy just before takes no longer than this to be it again, however long its first start may take. */
const longestRestartMs = 45_000;

/** The trial with the new sets added; a set that is on trial already counts with its newest certificate. */
export function extendTrial(trial: Trial | undefined, sets: readonly TriedSet[], nowMs: number): Trial {
  const names = new Set(sets.map(({ name }) => name));
  return { sets: [...(trial?.sets ?? []).filter(({ name }) => !names.has(name)), ...sets], sinceMs: nowMs };
}

/** What to do with a component on trial while no attempt is under way. */
export function judgeTrial(trial: Trial, facts: TrialFacts): 'go-on' | 'passed' | 'failed' {
  const { blamedSinceMs, isHealthy, nowMs } = facts;
  if (blamedSinceMs !== undefined && nowMs - Math.max(blamedSinceMs, trial.sinceMs) >= toleratedMs) return 'failed';
  return isHealthy && nowMs - trial.sinceMs >= graceMs ? 'passed' : 'go-on';
}

/** How long a start may take: less when it is on trial. */
export function startLimitMs(startTimeoutMs: number, isOnTrial: boolean): number {
  return isOnTrial ? Math.min(startTimeoutMs, longestRestartMs) : startTimeoutMs;
}
