/** The log file of a unit: appended to by the unit itself, kept from growing for ever by us. */

import {
  closeSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode, toAppError } from '@easycerts/core';

// One older file is kept, so a unit takes at most the sum of both, twice.
const rotateAtStartBytes = 10 * 1024 * 1024;
const cutWhileRunningBytes = 50 * 1024 * 1024;
const tailBytes = 64 * 1024;

/** Opens a log for appending (a file descriptor to close), after moving a big one to `<path>.1`. */
export function openUnitLog(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    if (sizeOf(path) > rotateAtStartBytes) renameSync(path, `${path}.1`);
    return openSync(path, 'a', 0o640);
  } catch (error) {
    throw toAppError(error, `open log ${path}`);
  }
}

/**
 * Empties the log of a running unit once it is big, after copying it to `<path>.1`: the unit holds the file open, so it
 * cannot be moved away. Lines written in between are lost.
 */
export function cutUnitLog(path: string, limitBytes: number = cutWhileRunningBytes): void {
  if (sizeOf(path) <= limitBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
}

/** The last `count` lines, oldest first, from the last 64 KiB only; none when there is no log. */
export function readLastLines(path: string, count: number): readonly string[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw toAppError(error, `read log ${path}`);
  }
  try {
    const { size } = fstatSync(file);
    const start = Math.max(0, size - tailBytes);
    const buffer = Buffer.alloc(size - start);
    const length = readSync(file, buffer, 0, buffer.length, start);
    const lines = buffer
      .toString('utf8', 0, length)
      .split('\n')
      .slice(start === 0 ? 0 : 1);
    return count <= 0 ? [] : lines.filter((line) => line !== '').slice(-count);
  } finally {
    closeSync(file);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
