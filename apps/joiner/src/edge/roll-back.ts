/** Puts back the certificate sets that a component does not come up with. */

import { clearHold, holdSet, type Logger, type RestoredSet, restorePreviousSet } from '@easycerts/runtime';
import type { Trial, TriedSet } from '../core/trial.ts';

export interface RollBackOptions {
  readonly logger: Logger;
  readonly nowMs: number;
  /** What the component said, for people. */
  readonly message: string;
}

export interface RolledBackSet extends RestoredSet {
  readonly name: string;
}

/**
 * Restores the sets of a trial that are still in use, and has certmgr hold back. Answers those it restored: none when there
 * is nothing to go back to.
 */
export async function rollBack(trial: Trial, options: RollBackOptions): Promise<readonly RolledBackSet[]> {
  const restored: RolledBackSet[] = [];
  for (const set of trial.sets) {
    try {
      restored.push({ name: set.name, ...(await restore(set, options)) });
    } catch (err) {
      options.logger.warn({ err, cert: set.name }, 'previous certificate set not restored');
    }
  }
  return restored;
}

/** The hold comes first: a crash in between must not let certmgr deliver the same again at once. */
async function restore({ directory, serial }: TriedSet, { message, nowMs }: RollBackOptions): Promise<RestoredSet> {
  await holdSet({ directory, serial, reason: message, nowMs });
  try {
    return await restorePreviousSet(directory, { onlyIfSerial: serial });
  } catch (error) {
    // Nothing was put back, so there is nothing to hold.
    await clearHold(directory);
    throw error;
  }
}
