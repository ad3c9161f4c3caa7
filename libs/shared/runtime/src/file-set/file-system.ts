/** The few file operations that a delivery is made of: an argument, so that tests can let each of them fail. */

import * as node from 'node:fs/promises';
import { dirname } from 'node:path';

export type SetFileSystem = Pick<
  typeof node,
  'chmod' | 'lstat' | 'mkdir' | 'open' | 'readdir' | 'readlink' | 'rename' | 'rm' | 'rmdir' | 'symlink'
>;

export const nodeFileSystem: SetFileSystem = node;

/** Makes what a power failure may take back durable: the entries of a directory. */
export async function syncDirectory(files: SetFileSystem, path: string): Promise<void> {
  const handle = await files.open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it that are missing, durably, with exactly this mode whatever the umask is. */
export async function ensureFolder(files: SetFileSystem, path: string, mode: number): Promise<void> {
  const first = await files.mkdir(path, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await files.chmod(made, mode);
    await syncDirectory(files, dirname(made));
  }
}

/** Removes a file or folder, present or not; false when it would not go. */
export async function removeQuietly(files: SetFileSystem, path: string): Promise<boolean> {
  try {
    await files.rm(path, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}
