/** One process at a time works on a set: certmgr delivers, joiner rolls back, whoever starts cleans. */

import { toAppError } from '@easycerts/core';
import { withFileLock } from '../file-lock.ts';
import { ensureFolder, type SetFileSystem } from './file-system.ts';
import type { SetLayout } from './layout.ts';

/** Longer than any delivery, even on a slow disk. */
const lockWaitMs = 30_000;

/**
 * Runs `work` while nobody else works on the set; errors say what was being done to which set. With `makeFolders`, the folders
 * of the set are made first: 0755, for the services that read through them.
 */
export async function withSetLock<T>(
  layout: SetLayout,
  doing: string,
  work: () => Promise<T>,
  makeFolders?: SetFileSystem,
): Promise<T> {
  try {
    if (makeFolders !== undefined) {
      await ensureFolder(makeFolders, layout.parent, 0o755);
      await ensureFolder(makeFolders, layout.sets, 0o755);
    }
    return await withFileLock(layout.lock, { waitMs: lockWaitMs }, work);
  } catch (error) {
    throw toAppError(error, `${doing} certificate set ${layout.directory}`);
  }
}
