/** Finishes deliveries that a crash has interrupted. */

import { readlinkSync } from 'node:fs';
import { systemErrorCode, toAppError } from '@easycerts/core';
import { nodeFileSystem, type SetFileSystem } from './file-system.ts';
import { layoutOf, linkTarget, previousFolderOf, setOfEntry, setsFolderOf } from './layout.ts';
import { withSetLock } from './set-lock.ts';
import { removeOthers } from './swap.ts';

/**
 * Finishes what a crash has left: removes every directory and link of the sets below `parent` that is not in use. Returns
 * the names of the sets it found something of. A set that is being delivered right now is waited for.
 */
export async function cleanSets(
  parent: string,
  fileSystem: SetFileSystem = nodeFileSystem,
): Promise<readonly string[]> {
  const names = new Set([
    ...(await untidySets(fileSystem, parent)),
    ...(await untidySets(fileSystem, previousFolderOf(parent))),
  ]);
  for (const name of names) {
    const layout = layoutOf(`${parent}/${name}`);
    await withSetLock(layout, 'clean', async () => {
      await removeOthers(fileSystem, layout);
      await removeOthers(fileSystem, layoutOf(layout.previous));
    });
  }
  return [...names];
}

/** Names of the sets with something in their folder besides the directory in use. */
async function untidySets(fileSystem: SetFileSystem, parent: string): Promise<readonly string[]> {
  const entries = await fileSystem.readdir(setsFolderOf(parent)).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw toAppError(error, `clean certificate sets below ${parent}`);
  });
  const entriesOf = Map.groupBy(entries, (entry) => setOfEntry(entry) ?? '');
  entriesOf.delete('');
  // Of ten thousand almost all are tidy: asked without promises, which cost ten times as much
  return [...entriesOf].filter(([name, own]) => !isInUse(`${parent}/${name}`, own)).map(([name]) => name);
}

/** Whether the link points to the only entry. */
function isInUse(directory: string, [entry, ...others]: readonly string[]): boolean {
  if (entry === undefined || others.length > 0) return false;
  try {
    return readlinkSync(directory) === linkTarget(entry);
  } catch {
    return false;
  }
}
