/** Stops everything that joiner ran, in order; whatever does not stop in time is killed. Joiner itself must have ended. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '@easycerts/cluster';
import { type StoppableUnit, stopOrder } from '@easycerts/cluster';
import { systemErrorCode } from '@easycerts/core';
import { createProcessServiceManager, loadUsers, type ServiceManager } from '@easycerts/runtime';

/**
 * Nothing here loses data when it is killed: what must not is fsynced before it is answered. So nobody waits for a
 * component longer than this.
 */
const patienceMs = 2_500;

/** Stops the units whose specs lie below `paths`. Does nothing when there are none. */
export async function stopUnits(paths: Paths): Promise<void> {
  const units = readUnits(paths.componentSpecs);
  if (units.length === 0) return;
  const manager = createProcessServiceManager({
    stateDirectory: unitRecords(paths),
    logDirectory: paths.logs,
    users: loadUsers(),
  });
  try {
    for (const wave of stopOrder(units)) await Promise.all(wave.map((unit) => stopInTime(manager, unit)));
  } finally {
    await manager.close();
  }
}

/** Where joiner's service manager keeps what it knows of its processes. */
export function unitRecords(paths: Paths): string {
  return join(paths.joinerState, 'units');
}

async function stopInTime(manager: ServiceManager, unit: string): Promise<void> {
  const { pid } = await manager.status(unit);
  const timer = setTimeout(() => killGroup(pid), patienceMs);
  try {
    await manager.stop(unit);
  } finally {
    clearTimeout(timer);
  }
}

/** Units lead process groups of their own. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}

function readUnits(directory: string): readonly StoppableUnit[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => unitOf(readFileSync(join(directory, name), 'utf8')));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function unitOf(text: string): readonly StoppableUnit[] {
  try {
    const { unit, startAfter } = JSON.parse(text) as { unit?: unknown; startAfter?: unknown };
    if (typeof unit !== 'string') return [];
    const after = Array.isArray(startAfter) ? startAfter.filter((name) => typeof name === 'string') : [];
    return [{ unit, startAfter: after }];
  } catch {
    return [];
  }
}
