/** Makes a fresh CA real: all of its files in a temporary folder, durably, then one rename. */

import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Paths } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import { syncDirectory, type Users, writeBusKeys } from '@easycerts/runtime';
import { caUser } from '../ca-user.ts';
import type { InitialState } from './make-initial-state.ts';
import { removeLeftovers, settle, writeDurably } from './stage-folder.ts';
import { stagedFiles } from './staged-files.ts';

const temporaryPrefix = '.ca-init.';

/** PLANNED → COMMITTED. AppError NO_SPACE, FAILED_PRECONDITION (read-only), PERMISSION_DENIED: then nothing is left. */
export async function commitState(state: InitialState, paths: Paths, users: Users): Promise<void> {
  const temporary = join(paths.state, `${temporaryPrefix}${randomBytes(6).toString('hex')}`);
  try {
    await removeLeftovers(paths.state, temporaryPrefix);
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
