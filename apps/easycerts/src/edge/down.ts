/** Stops a cluster from another process than the one that started it, and removes its data when asked to. */

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { AppError, isAppError, toAppError } from '@easycerts/core';
import { withFileLock } from '@easycerts/runtime';
import { type DataDirectory, isOurs, notOurs } from './data-directory.ts';
import { endCluster, removeCluster } from './remove-cluster.ts';
import { readLiveSandbox } from './sandbox-record-file.ts';

// An `up` in the foreground sees that its cluster has ended, and lets go of the lock when it has cleaned up.
const lockWaitMs = 15_000;

/** Stops what runs, and removes what an earlier cluster left. Asked again it does nothing. */
export async function runDown(data: DataDirectory): Promise<'stopped' | 'not-running'> {
  if (!existsSync(data.path)) {
    await removeCluster(data);
    return 'not-running';
  }
  if (!isOurs(data)) throw notOurs(data);
  const live = readLiveSandbox(data);
  if (live !== undefined) await endCluster(data, live);
  else await withLock(data, () => removeCluster(data));
  return live === undefined ? 'not-running' : 'stopped';
}

/** The same, and removes the data directory. AppError FAILED_PRECONDITION for a folder that `up` did not make. */
export async function runReset(data: DataDirectory): Promise<'removed' | 'absent'> {
  if (!existsSync(data.path)) {
    await removeCluster(data);
    return 'absent';
  }
  await runDown(data);
  await withLock(data, async () => {
    // Again: between the two a start may have come and gone.
    await removeCluster(data);
    await rm(data.path, { recursive: true, force: true, maxRetries: 5 }).catch((error: unknown) => {
      throw toAppError(error, `remove ${data.path}`);
    });
  });
  return 'removed';
}

async function withLock(data: DataDirectory, work: () => Promise<void>): Promise<void> {
  try {
    await withFileLock(data.lock, { waitMs: lockWaitMs }, work);
  } catch (error) {
    if (!isAppError(error, 'UNAVAILABLE') || error.details.path !== data.lock) throw error;
    throw new AppError('FAILED_PRECONDITION', `the cluster in ${data.path} is just being started`, {
      cause: error,
      details: { path: data.path, cure: 'press Ctrl-C where it is started, or wait until it is ready' },
    });
  }
}
