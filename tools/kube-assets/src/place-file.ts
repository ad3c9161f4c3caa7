/** Files and folders appear in the cache whole or not at all: made under another name on the same file system, then renamed. */

import { constants, copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode } from '@easycerts/core';

const temporaryPrefix = '.tmp-';

/** A name beside `path` that {@link removeLeftovers} knows and nobody else uses. */
export function temporaryName(path: string): string {
  return join(dirname(path), `${temporaryPrefix}${process.pid}-${basename(path)}`);
}

/** Makes a finished file durable and gives it its name; whoever else made it meanwhile is overwritten by an equal one. */
export async function placeFile(temporary: string, path: string): Promise<void> {
  const file = await open(temporary, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await rm(temporary, { force: true }); // rename(2) does nothing when both names are links to the same file
}

/** Gives a finished folder its name; when another run was faster, its folder stays and ours is removed. */
export async function placeFolder(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The same file under a second name: a hard link, or a copy where there can be none (another file system or owner). */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK' && code !== 'ENOTSUP') throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}

/** Removes what an interrupted run left in these folders. Only while holding the lock. */
export async function removeLeftovers(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await mkdir(folder, { recursive: true });
    const left = (await readdir(folder)).filter((name) => name.startsWith(temporaryPrefix));
    for (const name of left) await rm(join(folder, name), { recursive: true, force: true });
  }
}
