/** A folder is written beside its place, whole and durably, before one rename makes it real. */

import { chmod, chown, mkdir, open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory, type UserIds } from '@easycerts/runtime';
import type { StagedFile } from './staged-files.ts';

/** What a run that was killed left behind; the caller sees to it that nobody else is at work. */
export async function removeLeftovers(directory: string, prefix: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    if (entry.startsWith(prefix)) await rm(join(directory, entry), { recursive: true, force: true });
  }
}

/** Writes a new file, private until it has its mode. */
export async function writeDurably(directory: string, { path, content, mode }: StagedFile): Promise<void> {
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
export async function settle(directory: string, ids: UserIds | undefined): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await settle(path, ids);
    else if (ids !== undefined) await chown(path, ids.uid, ids.gid);
  }
  if (ids !== undefined) await chown(directory, ids.uid, ids.gid);
  await chmod(directory, 0o700);
  await syncDirectory(directory);
}
