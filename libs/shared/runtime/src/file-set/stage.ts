/** The first step of a delivery: a complete new directory, and a look at what stands at the place of the link. */

import { randomBytes } from 'node:crypto';
import { AppError, systemErrorCode } from '@easycerts/core';
import { removeQuietly, type SetFileSystem, syncDirectory } from './file-system.ts';
import { entryName, linkTarget, type SetLayout, setOfEntry } from './layout.ts';

/** One file of a set, with the owner and mode that it has from its first byte on. */
export interface StagedFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
  /** Absent: whoever runs us. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Proof that a directory is complete and durable: only {@link stage} makes one, only a swap takes one. */
export interface Staged {
  readonly entry: string;
}

/** What stands at the link's place now. */
export type Standing =
  | { readonly kind: 'absent' | 'empty-folder' }
  | { readonly kind: 'link'; readonly target: string };

/** Writes a new directory beside the others, durably. Nothing of it stays when that fails. */
export async function stage(files: SetFileSystem, layout: SetLayout, contents: readonly StagedFile[]): Promise<Staged> {
  const entry = entryName(layout.name, Date.now(), randomBytes(4).toString('hex'));
  const path = `${layout.sets}/${entry}`;
  try {
    await files.mkdir(path, { mode: 0o755 });
    await files.chmod(path, 0o755);
    await allOrFirstError(contents.map((file) => writeDurably(files, path, file)));
    await syncDirectory(files, path);
    return { entry };
  } catch (error) {
    await removeQuietly(files, path);
    throw error;
  }
}

/** Looks at the link's place. AppError FAILED_PRECONDITION when somebody else's files are there: we never replace those. */
export async function standingAt(files: SetFileSystem, layout: SetLayout): Promise<Standing> {
  const { directory } = layout;
  try {
    const found = await files.lstat(directory);
    if (found.isSymbolicLink()) {
      const target = await files.readlink(directory);
      if (setOfEntry(target.replace(linkTarget(''), '')) === layout.name) return { kind: 'link', target };
    } else if (found.isDirectory() && (await files.readdir(directory)).length === 0) {
      return { kind: 'empty-folder' };
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { kind: 'absent' };
    throw error;
  }
  throw new AppError(
    'FAILED_PRECONDITION',
    `deliver certificate set ${directory}: something that is not ours is there`,
    {
      details: { path: directory, cure: `move ${directory} away, it will be made as a symbolic link` },
    },
  );
}

/** Whether the link points to this entry of the sets folder. */
export function isTarget(standing: Standing, entry: string): boolean {
  return standing.kind === 'link' && standing.target === linkTarget(entry);
}

async function writeDurably(files: SetFileSystem, folder: string, file: StagedFile): Promise<void> {
  // 0600 until the owner is right, so that a key is never readable by more than its final owner
  const handle = await files.open(`${folder}/${file.name}`, 'wx', 0o600);
  try {
    await handle.writeFile(file.content);
    if (file.owner !== undefined) await handle.chown(file.owner.uid, file.owner.gid);
    await handle.chmod(file.mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits for all, so that nothing is written any more when the caller cleans up. */
async function allOrFirstError(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
