/** The record of a sandbox on disk, and whether the sandbox it tells of still runs. */

import { renameSync, writeFileSync } from 'node:fs';
import { isRunning } from '@easycerts/runtime';
import { formatSandboxRecord, parseSandboxRecord, type SandboxRecord } from '../core/sandbox-record.ts';
import { type DataDirectory, readIfThere } from './data-directory.ts';
import { readBootId } from './machine-facts.ts';

/** Written whole or not at all. */
export function writeRecord(data: DataDirectory, record: SandboxRecord): void {
  writeFileSync(`${data.record}.new`, formatSandboxRecord(record), { mode: 0o600 });
  renameSync(`${data.record}.new`, data.record);
}

/** The record of this start of the machine; undefined when there is none. AppError DAMAGED when it cannot be read. */
export function readRecord(data: DataDirectory): SandboxRecord | undefined {
  const text = readIfThere(data.record);
  const record = text === undefined ? undefined : parseSandboxRecord(text, data.record);
  return record?.bootId === readBootId() ? record : undefined;
}

/** The same; a damaged record is as good as none, since what belongs to a cluster is also found by its names. */
export function readRecordOrNothing(data: DataDirectory): SandboxRecord | undefined {
  try {
    return readRecord(data);
  } catch {
    return undefined;
  }
}

export type LiveSandbox = SandboxRecord & Required<Pick<SandboxRecord, 'init'>>;

/** The sandbox that runs now. */
export function readLiveSandbox(data: DataDirectory): LiveSandbox | undefined {
  const record = readRecordOrNothing(data);
  return record?.init !== undefined && isRunning(record.init) ? { ...record, init: record.init } : undefined;
}
