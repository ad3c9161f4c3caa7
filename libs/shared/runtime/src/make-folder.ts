/** Makes a folder and the folders above it. */

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode, toAppError } from '@easycerts/core';

/**
 * Makes a folder (0755) with those above it; nothing when it is there. Unlike `mkdir` with `recursive`, which says ENOENT on
 * a read-only file system (Node 26), the error tells what was wrong: AppError FAILED_PRECONDITION, NO_SPACE, …
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o755 });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw toAppError(error, `make the folder ${path}`);
    await makeFolder(dirname(path));
    await makeFolder(path);
  }
}
