/** Turns what debootstrap has made into the root of a host: takes away what belongs to no host, adds what every host has. */

import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { addedEntries, removedPaths } from './base-recipe.ts';

/** Changes files below `root` only; links there are never followed. */
export async function finishBase(root: string): Promise<void> {
  for (const path of removedPaths) {
    if (path.endsWith('/*')) await emptyFolder(join(root, path.slice(0, -2)));
    else await rm(join(root, path), { recursive: true, force: true });
  }
  for (const entry of addedEntries) {
    const path = join(root, entry.path);
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { recursive: true, force: true });
    if (entry.kind === 'link') await symlink(entry.target, path);
    else await writeFile(path, entry.content, { mode: 0o644 });
  }
}

async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}
