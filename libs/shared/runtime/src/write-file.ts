/**
 * Writes a file whole or not at all.
 *
 * write temporary file beside it → owner and mode → fsync → rename over the old one → fsync the folder. A crash leaves the
 * old file or the new one, and at worst a temporary file, which the next write of the same file removes.
 */

import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, chown, lstat, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { makeFolder } from './make-folder.ts';
import type { UserIds, Users } from './users.ts';

export interface WriteOptions {
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly users: Users;
}

export type WriteOutcome = 'written' | 'unchanged';

// Only a writer that died leaves a temporary file this old.
const staleAfterMs = 60_000;

/** In pieces: what is too long to be held in memory once more. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Makes the file have this content, mode and owner, and its folder (0755) when absent. A file that has the content already
 * is not rewritten, only its mode and owner are put right: 'unchanged'; content in pieces is not compared. A symbolic link
 * is replaced, not followed.
 */
export async function writeFileAtomically(
  path: string,
  content: FileContent,
  options: WriteOptions,
): Promise<WriteOutcome> {
  const ids = options.users.idsOf(options.owner, options.group);
  try {
    const present = await lstatIfThere(path);
    if (present?.isDirectory()) {
      throw new AppError('FAILED_PRECONDITION', `write ${path}: it is a folder`, {
        details: { path, cure: `move the folder ${path} away` },
      });
    }
    const isComparable = typeof content === 'string' || content instanceof Uint8Array;
    if (isComparable && present?.isFile() && (await readFile(path)).equals(Buffer.from(content))) {
      await correctMetadata(path, present, { mode: options.mode, ids });
      return 'unchanged';
    }
    await makeFolder(dirname(path));
    await replaceFile(path, content, { mode: options.mode, ids });
    return 'written';
  } catch (error) {
    const known = toAppError(error, `write ${path}`);
    throw known === error
      ? error
      : new AppError(known.code, known.message, { cause: error, details: { ...known.details, path } });
  }
}

/** Makes what happened in a folder (names made, renamed, removed) durable. */
export async function syncDirectory(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

interface Metadata {
  readonly mode: number;
  readonly ids: UserIds | undefined;
}

async function replaceFile(path: string, content: FileContent, metadata: Metadata): Promise<void> {
  const folder = dirname(path);
  await removeStaleTemporaries(folder, basename(path));
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    // Nobody else may read it before it has its owner and mode.
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      if (metadata.ids !== undefined) await file.chown(metadata.ids.uid, metadata.ids.gid);
      await file.chmod(metadata.mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(folder);
}

async function correctMetadata(path: string, present: Stats, metadata: Metadata): Promise<void> {
  const { ids, mode } = metadata;
  if (ids !== undefined && (present.uid !== ids.uid || present.gid !== ids.gid)) await chown(path, ids.uid, ids.gid);
  if ((present.mode & 0o7777) !== mode) await chmod(path, mode);
}

async function removeStaleTemporaries(folder: string, name: string): Promise<void> {
  const pattern = `.${name}.`;
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(pattern) || !/^[0-9a-f]{12}\.tmp$/.test(entry.slice(pattern.length))) continue;
    const path = join(folder, entry);
    const facts = await stat(path).catch(() => undefined);
    if (facts !== undefined && Date.now() - facts.mtimeMs > staleAfterMs) await rm(path, { force: true });
  }
}

async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
