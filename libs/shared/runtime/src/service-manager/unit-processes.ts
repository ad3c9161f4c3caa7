/** The processes of a unit: found, signalled, waited for. */

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import type { ProcessInfo } from './process-info.ts';
import { processesOfSession, readProcess } from './process-info.ts';
import type { UnitRecord } from './unit-record.ts';

const stopPollMs = 15;
// After SIGKILL only a process in uninterruptible sleep stays.
const killTimeoutMs = 10_000;

/** The main process of a unit, if it lives and is really that one. */
export function mainOf(record: UnitRecord, bootId: string): ProcessInfo | undefined {
  if (record.pid === undefined || record.bootId !== bootId) return undefined;
  const info = readProcess(record.pid);
  return info !== undefined && !info.isZombie && info.startTime === record.startTime ? info : undefined;
}

/** Everything that runs in the session of a unit's main process, which itself may have ended. */
export function sessionOf(record: UnitRecord, bootId: string): readonly ProcessInfo[] {
  if (record.pid === undefined || record.startTime === undefined || record.bootId !== bootId) return [];
  return processesOfSession(record.pid, record.startTime);
}

/** Sends a signal to each; one that has ended meanwhile is fine. */
export function signalAll(processes: readonly ProcessInfo[], signal: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (systemErrorCode(error) !== 'ESRCH') throw toAppError(error, `send ${signal} to process ${pid}`);
    }
  }
}

/** Whether nothing is left within the time. */
export async function becomesEmpty(targets: () => readonly ProcessInfo[], limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (targets().length > 0) {
    if (performance.now() > deadline) return false;
    await delay(stopPollMs);
  }
  return true;
}

/** Kills until nothing is left. AppError INTERNAL when something does not end. */
export async function killAll(targets: () => readonly ProcessInfo[], unit: string): Promise<void> {
  const deadline = performance.now() + killTimeoutMs;
  // Signalled again each time: a process may have forked between the look and the signal.
  for (let left = targets(); left.length > 0; left = targets()) {
    if (performance.now() > deadline) {
      const pids = left.map(({ pid }) => pid).join(', ');
      throw new AppError('INTERNAL', `stop ${unit}: processes ${pids} do not end after SIGKILL`, {
        details: { cure: 'they wait for a device or file system: see `ps -o pid,stat,wchan`' },
      });
    }
    signalAll(left, 'SIGKILL');
    await delay(stopPollMs);
  }
}
