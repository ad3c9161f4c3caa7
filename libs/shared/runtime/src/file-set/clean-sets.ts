/** Finishes deliveries that a crash has interrupted. */

import { systemErrorCode, toAppError } from '@easycerts/core';
import { nodeFileSystem, type SetFileSystem } from './file-system.ts';
import { layoutOf, previousFolderOf, setOfEntry, setsFolderOf } from './layout.ts';
import { withSetLock } from './set-lock.ts';
import { isTarget, standingAt } from './stage.ts';
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
  const untidy: string[] = [];
  for (const [name, own] of entriesOf) {
    const standing = await standingAt(fileSystem, layoutOf(`${parent}/${name}`)).catch(() => undefined);
    const isTidy = standing !== undefined && own.every((entry) => isTarget(standing, entry));
    if (!isTidy) untidy.push(name);
  }
  return untidy;
}
