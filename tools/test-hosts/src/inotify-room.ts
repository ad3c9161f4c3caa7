/**
 * Whether the machine has inotify instances left for hosts: the limit is for all processes of root together (128 by default,
 * inotify(7)), and a systemd that gets none ends without a word.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { AppError } from '@easycerts/core';

/** Counted on hosts after their start: systemd 5, dbus, logind and containerd 1 each. */
const perIdleHost = 8;
/** Counted on a node of a cluster: kubelet 7, our services 1 each; rounded up, since a master has 32. */
const perClusterHost = 24;

/** What is wrong with so many used of so many, for so many hosts more. Pure. */
export function inotifyProblem(
  used: number,
  limit: number,
  hosts: number,
): { readonly kind: 'too-few' | 'scarce'; readonly message: string; readonly cure: string } | undefined {
  const free = limit - used;
  if (free >= hosts * perClusterHost) return undefined;
  return {
    kind: free < hosts * perIdleHost ? 'too-few' : 'scarce',
    message: `${free} of ${limit} inotify instances of the machine are free; ${hosts} hosts of a cluster use up to ${hosts * perClusterHost}`,
    cure: 'end other hosts and clusters, or allow more: sysctl -w fs.inotify.max_user_instances=1024',
  };
}

/** AppError FAILED_PRECONDITION when hosts could not even start; tells when a cluster on them may come short. */
export function checkInotify(hosts: number, report: ((line: string) => void) | undefined): void {
  const limit = Number(readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8'));
  const problem = inotifyProblem(countInstances(), limit, hosts);
  if (problem === undefined) return;
  const { kind, message, cure } = problem;
  if (kind === 'too-few') throw new AppError('FAILED_PRECONDITION', message, { details: { cure } });
  report?.(`warning: ${message} (${cure})`);
}

/** Of all processes: those of other users have limits of their own, but are few. */
function countInstances(): number {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map(countOf).reduce((sum, count) => sum + count, 0);
}

function countOf(pid: string): number {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).filter((fd) => isInotify(`${folder}/${fd}`)).length;
  } catch {
    return 0;
  }
}

function isInotify(path: string): boolean {
  try {
    return readlinkSync(path) === 'anon_inode:inotify';
  } catch {
    return false;
  }
}
