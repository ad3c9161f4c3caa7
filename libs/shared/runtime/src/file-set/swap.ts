/** The last steps of a delivery: swap the link, remove every other directory. */

import { removeQuietly, type SetFileSystem, syncDirectory } from './file-system.ts';
import { linkTarget, type SetLayout, setOfEntry } from './layout.ts';
import { isTarget, type Staged, type Standing, standingAt } from './stage.ts';

/** Lets the link point to the staged directory, atomically and durably. Before it readers see the old set, after it the new. */
export async function swap(
  files: SetFileSystem,
  layout: SetLayout,
  { staged, standing }: { readonly staged: Staged; readonly standing: Standing },
): Promise<void> {
  const link = `${layout.sets}/${staged.entry}.link`;
  try {
    await syncDirectory(files, layout.sets);
    await files.symlink(linkTarget(staged.entry), link);
    if (standing.kind === 'empty-folder') await files.rmdir(layout.directory);
    await files.rename(link, layout.directory);
  } catch (error) {
    await removeQuietly(files, link);
    await unstage(files, layout, staged);
    throw error;
  }
  await syncDirectory(files, layout.parent);
}

/** Takes a staged directory away again, because a later step failed. */
export async function unstage(files: SetFileSystem, layout: SetLayout, staged: Staged): Promise<void> {
  await removeQuietly(files, `${layout.sets}/${staged.entry}`);
}

/**
 * Removes every directory of the set but the one that the link points to. That all go matters: Kubernetes' reloaders watch
 * the first file they opened and notice nothing but its deletion. Returns false when something would not go.
 */
export async function removeOthers(files: SetFileSystem, layout: SetLayout): Promise<boolean> {
  const standing = await standingAt(files, layout).catch(() => undefined);
  if (standing === undefined) return false;
  const entries = await files.readdir(layout.sets).catch(() => []);
  const others = entries.filter((entry) => setOfEntry(entry) === layout.name && !isTarget(standing, entry));
  const gone = await Promise.all(others.map((entry) => removeQuietly(files, `${layout.sets}/${entry}`)));
  return gone.every(Boolean);
}
