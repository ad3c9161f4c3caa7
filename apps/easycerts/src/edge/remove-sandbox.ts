/** Removes whatever a sandbox had on the machine: processes, control groups, the interface, loaded modules. */

import { readFileSync } from 'node:fs';
import { AppError } from '@easycerts/core';
import { findHierarchies, parseMountInfo, removeControlGroups, signalProcess, waitUntil } from '@easycerts/runtime';
import type { DataDirectory } from './data-directory.ts';
import { readInterfaceAlias } from './machine-facts.ts';
import { runProgram } from './run-program.ts';
import { readRecordOrNothing } from './sandbox-record-file.ts';

/**
 * Removes everything that has this data directory's names, whether a sandbox runs or an earlier one was killed. AppError
 * FAILED_PRECONDITION when something stays.
 */
export async function removeSandbox(data: DataDirectory): Promise<void> {
  const record = readRecordOrNothing(data);
  if (record?.init !== undefined) signalProcess(record.init, 'SIGKILL');
  const groups = record?.groups ?? groupsByName(data);
  const areGone = await removeControlGroups(groups, record?.delegation);
  await removeInterface(data);
  for (const module of record?.modules ?? []) await runProgram('modprobe', ['--remove', module]);
  if (areGone) return;
  throw new AppError('FAILED_PRECONDITION', `the control groups ${groups.join(', ')} cannot be removed`, {
    details: { cure: 'processes in them do not end: `systemd-cgls` or cgroup.procs there shows which' },
  });
}

function groupsByName({ instance }: DataDirectory): readonly string[] {
  const hierarchies = findHierarchies(parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')));
  return hierarchies.map(({ mountPoint }) => `${mountPoint}/${instance.cgroupName}`);
}

/** The kernel removes it with the sandbox's network namespace, a moment after the last process; we don't wait for that. */
async function removeInterface({ instance }: DataDirectory): Promise<void> {
  const { interfaceName, interfaceAlias } = instance;
  if (readInterfaceAlias(interfaceName) !== interfaceAlias) return;
  await runProgram('ip', ['link', 'delete', interfaceName]);
  await waitUntil(() => readInterfaceAlias(interfaceName) === undefined, { timeoutMs: 2_000 });
}
