/** Makes the folders that a component needs. */

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';
import type { DirectorySpec } from '@easycerts/cluster';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import type { Users } from '@easycerts/runtime';

/** Makes each folder with its owner and mode, or puts those right. AppError when something else stands in its place. */
export async function makeDirectories(directories: readonly DirectorySpec[], users: Users): Promise<void> {
  for (const directory of directories) {
    try {
      await makeDirectory(directory, users);
    } catch (error) {
      throw toAppError(error, `make folder ${directory.path}`);
    }
  }
}

async function makeDirectory({ group, mode, owner, path }: DirectorySpec, users: Users): Promise<void> {
  const ids = users.idsOf(owner, group);
  const folder = await openOrMake(path);
  try {
    const facts = await folder.stat();
    const mustGive = ids !== undefined && (facts.uid !== ids.uid || facts.gid !== ids.gid);
    if (mustGive) await folder.chown(ids.uid, ids.gid);
    // Giving it away takes the set-group-id bit away.
    if (mustGive || (facts.mode & 0o7777) !== mode) await folder.chmod(mode);
  } finally {
    await folder.close();
  }
}

/** Opened without following a link: an owner of the folder above must not have us give away something else. */
async function openOrMake(path: string): Promise<FileHandle> {
  await mkdir(path, { recursive: true, mode: 0o755 }).catch((error: unknown) => {
    // Something stands there, perhaps a link to nothing: opening it tells.
    if (!['EEXIST', 'ENOENT'].includes(systemErrorCode(error) ?? '')) throw error;
  });
  try {
    return await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    throw new AppError('FAILED_PRECONDITION', `make folder ${path}: something else stands there`, {
      cause: error,
      details: { path, cure: `move ${path} away` },
    });
  }
}
