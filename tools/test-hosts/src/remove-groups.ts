/** Takes down the groups of a run that has ended, however it has. */

import { abandonedGroups, groupsOnRecord, readRecordOrNothing } from './group-record-file.ts';
import { removeGroup } from './remove-group.ts';

/** Gets the name of each group before it is removed. */
export type GroupReport = (group: string) => void;

/** Groups whose owner has ended. */
export function removeAbandonedGroups(report?: GroupReport): Promise<void> {
  return removeAll(abandonedGroups(), report);
}

/** Groups with their disks below this folder, whosever they are. */
export function removeGroupsBelow(folder: string, report?: GroupReport): Promise<void> {
  const isBelow = (group: string): boolean => readRecordOrNothing(group)?.folder.startsWith(`${folder}/`) === true;
  return removeAll(groupsOnRecord().filter(isBelow), report);
}

async function removeAll(groups: readonly string[], report: GroupReport | undefined): Promise<void> {
  for (const group of groups) {
    report?.(group);
    await removeGroup(group);
  }
}
