/**
 * Writes several files so that a full disk or a crash never leaves half of them: every changed file is staged beside its
 * place and fsynced first, and only when all of them are there do they take their places.
 */

import { randomBytes } from 'node:crypto';
import { lstat, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RenderedFile } from '@easycerts/cluster';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { makeFolder } from './make-folder.ts';
import type { Users } from './users.ts';
import { syncDirectory } from './write-file.ts';

interface StagedFile {
  readonly temporary: string;
  readonly path: string;
}

/** The files whose content, mode or owner on disk is not what it should be. */
export async function changedFiles(files: readonly RenderedFile[], users: Users): Promise<readonly RenderedFile[]> {
  const changed = await Promise.all(files.map((file) => differs(file, users)));
  return files.filter((_, index) => changed[index]);
}

/**
 * Writes the files that differ, in the order given; the others are not touched. Resolves with the paths written.
 * AppError (NO_SPACE, PERMISSION_DENIED, …) names the file, and none has changed unless the error came while renaming.
 */
export async function writeFilesAtomically(files: readonly RenderedFile[], users: Users): Promise<readonly string[]> {
  const staged: StagedFile[] = [];
  try {
    for (const file of await changedFiles(files, users)) staged.push(await stage(file, users));
    for (const { temporary, path } of staged) await rename(temporary, path).catch(rethrowNaming(path));
  } catch (error) {
    await Promise.all(staged.map(({ temporary }) => rm(temporary, { force: true }).catch(() => undefined)));
    throw error;
  }
  await Promise.all([...new Set(staged.map(({ path }) => dirname(path)))].map(syncDirectory));
  return staged.map(({ path }) => path);
}

async function stage(file: RenderedFile, users: Users): Promise<StagedFile> {
  const temporary = join(dirname(file.path), `.${basename(file.path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await makeFolder(dirname(file.path));
    const ids = users.idsOf(file.owner, file.group);
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(file.content);
      if (ids !== undefined) await handle.chown(ids.uid, ids.gid);
      await handle.chmod(file.mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return { temporary, path: file.path };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    return rethrowNaming(file.path)(error);
  }
}

async function differs(file: RenderedFile, users: Users): Promise<boolean> {
  try {
    const facts = await lstat(file.path);
    if (!facts.isFile() || (facts.mode & 0o7777) !== file.mode) return true;
    const ids = users.idsOf(file.owner, file.group);
    if (ids !== undefined && (facts.uid !== ids.uid || facts.gid !== ids.gid)) return true;
    return (await readFile(file.path, 'utf8')) !== file.content;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return true;
    return rethrowNaming(file.path)(error);
  }
}

function rethrowNaming(path: string): (error: unknown) => never {
  return (error) => {
    const { code, message, details } = toAppError(error, `write ${path}`);
    throw new AppError(code, message, { cause: error, details: { ...details, path } });
  };
}
