/** Processes as the kernel tells them in /proc: a pid alone may be somebody else's by now, a pid with its start time not. */

import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessInfo {
  readonly pid: number;
  /** Session leader's pid: a daemon of ours leads its own. */
  readonly session: number;
  /** Clock ticks after boot. */
  readonly startTime: number;
  readonly isZombie: boolean;
}

/** Facts of a process; undefined when there is none with this pid. Source: proc_pid_stat(5). */
export function readProcess(pid: number, procDirectory = '/proc'): ProcessInfo | undefined {
  const stat = readIfThere(`${procDirectory}/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, session, startTime] = [fields[0] ?? '', Number(fields[3]), Number(fields[19])];
  if (!Number.isInteger(session) || !Number.isInteger(startTime)) return undefined;
  return { pid, session, startTime, isZombie: state === 'Z' || state === 'X' };
}

/** Living processes of a session that were started at `startTime` or later, so not those of an earlier owner of the pid. */
export function processesOfSession(session: number, startTime: number): readonly ProcessInfo[] {
  return allProcesses().filter((info) => !info.isZombie && info.session === session && info.startTime >= startTime);
}

/** The session leader whose environment holds `entry` (`NAME=value`), among the processes whose environment we may read. */
export function findLeaderByEnvironment(entry: string): ProcessInfo | undefined {
  return allProcesses().find(
    (info) =>
      info.pid === info.session &&
      !info.isZombie &&
      (readIfThere(`/proc/${info.pid}/environ`)?.split('\0').includes(entry) ?? false),
  );
}

/** A different text after each boot: start times of different boots cannot be compared. */
export function readBootId(): string {
  return readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';
}

function allProcesses(): readonly ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((info) => info !== undefined);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
