/**
 * What is remembered on disk of a unit's process, so that whoever comes after us finds it again.
 *
 * starting → written before the process is made; if we die here, the process is found by `instance` in its environment
 * running  → pid and start time are known
 * ended    → it ended by itself (failed) or was stopped (inactive)
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toAppError } from '@easycerts/core';
import type { UnitSpec } from './service-manager.ts';

export interface UnitRecord {
  readonly unit: string;
  readonly phase: 'starting' | 'running' | 'failed' | 'inactive';
  readonly bootId: string;
  /** Unique for each start; in the environment of the process as {@link instanceVariable}. */
  readonly instance: string;
  readonly pid?: number;
  readonly startTime?: number;
  readonly startedAt?: string;
  readonly lastExit?: string;
  readonly stopTimeoutMs: number;
  readonly killMode: UnitSpec['killMode'];
  readonly reloadSignal?: 'SIGHUP';
}

export const instanceVariable = 'EASYCERTS_INSTANCE';

const suffix = '.unit.json';

/** All records of a directory; a damaged one is left out (its unit counts as never started). */
export function readUnitRecords(directory: string): readonly UnitRecord[] {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return readdirSync(directory)
      .filter((name) => name.endsWith(suffix) && !name.startsWith('.'))
      .flatMap((name) => parseRecord(readFileSync(join(directory, name), 'utf8'), name.slice(0, -suffix.length)));
  } catch (error) {
    throw toAppError(error, `read unit records in ${directory}`);
  }
}

/** Writes a record whole or not at all. Not fsynced: after a power failure there is no process to find either. */
export function writeUnitRecord(directory: string, record: UnitRecord): void {
  const path = join(directory, `${record.unit}${suffix}`);
  const temporary = join(directory, `.${record.unit}${suffix}.tmp`);
  try {
    writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    throw toAppError(error, `write ${path}`);
  }
}

function parseRecord(text: string, unit: string): readonly UnitRecord[] {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && value.unit === unit ? [value] : [];
  } catch {
    return [];
  }
}

function isRecord(value: unknown): value is UnitRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields = { ...value } as Record<string, unknown>;
  return (
    ['unit', 'bootId', 'instance'].every((name) => typeof fields[name] === 'string') &&
    ['starting', 'running', 'failed', 'inactive'].includes(String(fields.phase)) &&
    ['pid', 'startTime'].every((name) => fields[name] === undefined || Number.isInteger(fields[name])) &&
    typeof fields.stopTimeoutMs === 'number' &&
    ['control-group', 'process'].includes(String(fields.killMode))
  );
}
