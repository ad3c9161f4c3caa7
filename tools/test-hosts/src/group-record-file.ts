/** The records of the groups on this machine. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { isRunning } from '@easycerts/runtime';
import { groupNames, recordsFolder } from './group-names.ts';
import { formatGroupRecord, type GroupRecord, parseGroupRecord } from './group-record.ts';

/** Written whole or not at all. */
export function writeRecord(record: GroupRecord): void {
  const path = groupNames(record.group).record;
  mkdirSync(recordsFolder, { recursive: true, mode: 0o755 });
  writeFileSync(`${path}.new`, formatGroupRecord(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The record of a group; undefined when there is no such group. AppError DAMAGED when it cannot be read. */
export function readRecord(group: string): GroupRecord | undefined {
  const path = groupNames(group).record;
  return existsSync(path) ? parseGroupRecord(readFileSync(path, 'utf8'), path) : undefined;
}

/** The same; a damaged record is as good as none. */
export function readRecordOrNothing(group: string): GroupRecord | undefined {
  try {
    return readRecord(group);
  } catch {
    return undefined;
  }
}

/** Removes the record, and the folder of all records with the last one. */
export function removeRecord(group: string): void {
  const path = groupNames(group).record;
  rmSync(`${path}.new`, { force: true });
  rmSync(path, { force: true });
  try {
    rmdirSync(recordsFolder);
  } catch {
    // Other groups are there, or it was never made.
  }
}

/** The names of all groups that have a record. */
export function groupsOnRecord(): readonly string[] {
  if (!existsSync(recordsFolder)) return [];
  return readdirSync(recordsFolder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

/** Groups whose owner has ended: nobody will take them down. */
export function abandonedGroups(): readonly string[] {
  return groupsOnRecord().filter((group) => {
    const owner = readRecordOrNothing(group)?.owner;
    return owner !== undefined && !isRunning(owner);
  });
}
