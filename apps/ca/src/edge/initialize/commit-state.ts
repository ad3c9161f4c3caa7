/** Makes a fresh CA real: all of its files in a temporary folder, durably, then one rename. */

import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Paths } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import { syncDirectory, type UserIds, type Users, writeBusKeys } from '@easycerts/runtime';
import { caUser } from '../ca-user.ts';
import type { InitialState } from './make-initial-state.ts';
import { type StagedFile, stagedFiles } from './staged-files.ts';

const temporaryPrefix = '.ca-init.';

/** PLANNED → COMMITTED. AppError NO_SPACE, FAILED_PRECONDITION (read-only), PERMISSION_DENIED: then nothing is left. */
export async function commitState(state: InitialState, paths: Paths, users: Users): Promise<void> {
  const temporary = join(paths.state, `${temporaryPrefix}${randomBytes(6).toString('hex')}`);
  try {
    await removeLeftovers(paths.state);
    await mkdir(temporary, { mode: 0o700 });
    for (const file of stagedFiles(state)) await writeDurably(temporary, file);
    await writeBusKeys(join(temporary, 'bus'), state.busKeys);
    await settle(temporary, users.idsOf(caUser, caUser));
    await rename(temporary, paths.ca);
    await syncDirectory(paths.state);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw toAppError(error, `make the CA in ${paths.ca}`);
  }
}

/** What a run that was killed left behind; nobody else is at work, for we hold the lock. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (entry.startsWith(temporaryPrefix)) await rm(join(directory, entry), { recursive: true, force: true });
  }
}

async function writeDurably(directory: string, { path, content, mode }: StagedFile): Promise<void> {
  const target = join(directory, path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const file = await open(target, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a folder and everything in it away, private, and makes its entries durable. */
async function settle(directory: string, ids: UserIds | undefined): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await settle(path, ids);
    else if (ids !== undefined) await chown(path, ids.uid, ids.gid);
  }
  if (ids !== undefined) await chown(directory, ids.uid, ids.gid);
  await chmod(directory, 0o700);
  await syncDirectory(directory);
}
