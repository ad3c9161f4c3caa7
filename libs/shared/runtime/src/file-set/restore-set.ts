/** Rolls a set back to the copy that its last delivery kept. */

import { AppError } from '@easycerts/core';
import { copyOf } from './copy-set.ts';
import { nodeFileSystem, type SetFileSystem } from './file-system.ts';
import { layoutOf, type SetLayout } from './layout.ts';
import { type CertificateSet, isUsable, readSet } from './read-set.ts';
import { withSetLock } from './set-lock.ts';
import { stage, standingAt } from './stage.ts';
import { removeOthers, swap } from './swap.ts';

export interface RestoredSet {
  /** Of the certificate that is in use now. */
  readonly serial: string;
  /** Of the one that was put away. */
  readonly previousSerial: string;
}

export interface RestoreOptions {
  /** Restore only while this certificate is in use: AppError CONFLICT when another was delivered since. */
  readonly onlyIfSerial?: string;
  readonly fileSystem?: SetFileSystem;
}

/**
 * Puts the set before the last delivery back in place; it stays kept. AppError NOT_FOUND when none was kept,
 * FAILED_PRECONDITION when it is the one in use, CONFLICT (see {@link RestoreOptions}).
 */
export async function restorePreviousSet(directory: string, options: RestoreOptions = {}): Promise<RestoredSet> {
  const { fileSystem = nodeFileSystem, onlyIfSerial } = options;
  const layout = layoutOf(directory);
  return withSetLock(layout, 'restore the previous', async () => {
    const current = await readSet(directory).catch(() => undefined);
    if (onlyIfSerial !== undefined && current?.serial !== onlyIfSerial) {
      throw new AppError(
        'CONFLICT',
        `restore ${directory}: certificate ${current?.serial} is in use, not ${onlyIfSerial}`,
      );
    }
    const previous = await readSet(layout.previous);
    checkRestorable(layout, previous, current);
    const standing = await standingAt(fileSystem, layout);
    await swap(fileSystem, layout, { staged: await stage(fileSystem, layout, await copyOf(previous)), standing });
    await removeOthers(fileSystem, layout);
    return { serial: previous.serial ?? '', previousSerial: current?.serial ?? '' };
  });
}

function checkRestorable(layout: SetLayout, previous: CertificateSet, current: CertificateSet | undefined): void {
  const details = { path: layout.previous, cure: `run \`certmgr ensure --force ${layout.name}\`` };
  if (!isUsable(previous))
    throw new AppError('DAMAGED', `restore ${layout.directory}: the kept set is damaged`, { details });
  const isInUse =
    current !== undefined && (['cert', 'key', 'ca'] as const).every((part) => previous[part].equals(current[part]));
  if (!isInUse) return;
  throw new AppError('FAILED_PRECONDITION', `restore ${layout.directory}: the kept set is the one in use`, { details });
}
