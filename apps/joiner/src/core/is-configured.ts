/** Whether the components of a host run with what lies on disk now. */

import { changesOf } from './fingerprint.ts';
import type { UnitFacts } from './plan.ts';

/** Whether there are components, all of them healthy and left alone, none with a change that it has not taken up. Pure. */
export function isConfigured(units: readonly UnitFacts[]): boolean {
  return units.length > 0 && units.every(isUnitConfigured);
}

function isUnitConfigured(unit: UnitFacts): boolean {
  if (!unit.isHealthy || unit.attempt !== 'none' || unit.isForced) return false;
  // A packaged service that systemd has started is known by its time only.
  if (unit.startedWith === undefined) return unit.isStartedSinceChange;
  return changesOf(unit.spec, unit.startedWith, unit.observed).length === 0;
}
