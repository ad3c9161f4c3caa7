/** Removes a group of hosts, whether it runs, was broken off while it was made, or its record is lost. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@easycerts/core';
import { runCommand, takeLock } from '@easycerts/kube-assets';
import { findHierarchies, parseMountInfo, removeControlGroups } from '@easycerts/runtime';
import { groupNames, isNamespaceOf } from './group-names.ts';
import { readRecordOrNothing, removeRecord } from './group-record-file.ts';
import { systemEnvironment } from './system-environment.ts';

/** A folder with this file was made by us. */
export const markerFile = '.easycerts-hosts';

/** Removes it when nobody else works on it. Nothing to do is fine. AppError FAILED_PRECONDITION when something stays. */
export async function removeGroup(group: string): Promise<void> {
  const lock = await takeLock(groupNames(group).record);
  try {
    await removeGroupNow(group);
  } finally {
    await lock.release();
  }
}

/** Removes it; the caller has the group's lock. */
export async function removeGroupNow(group: string): Promise<void> {
  const names = groupNames(group);
  const record = readRecordOrNothing(group);
  const hierarchies = findHierarchies(parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')));
  const groups = hierarchies.map(({ mountPoint }) => `${mountPoint}/${names.cgroup}`);
  // Every process of a host is in its control groups, the one that would start it again too.
  const areGone = await removeControlGroups(groups, record?.delegation, 30_000);
  if (!areGone) {
    throw new AppError('FAILED_PRECONDITION', `the control groups ${groups.join(', ')} cannot be removed`, {
      details: { cure: 'processes in them do not end: cgroup.procs there shows which' },
    });
  }
  await removeNamespaces(group);
  if (record !== undefined && existsSync(join(record.folder, markerFile))) {
    await rm(record.folder, { recursive: true, force: true, maxRetries: 3 });
  }
  removeRecord(group);
}

async function removeNamespaces(group: string): Promise<void> {
  const folder = '/run/netns';
  const own = existsSync(folder) ? readdirSync(folder).filter((name) => isNamespaceOf(group, name)) : [];
  for (const name of own) await runCommand('ip', ['netns', 'delete', name], { env: systemEnvironment });
}
