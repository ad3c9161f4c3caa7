/** Finds and reads the manifest files of a directory. */

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, isAppError, toAppError } from '@easycerts/core';
import type { ManifestProblem } from '../core/parse-manifests.ts';
import { addonNameOf } from '../core/parse-manifests.ts';

export interface ManifestFile {
  /** Path below the directory. */
  readonly file: string;
  readonly text: string;
}

export interface ManifestFiles {
  readonly files: readonly ManifestFile[];
  /** Files that could not be read. */
  readonly problems: readonly ManifestProblem[];
}

/** A manifest of this size would be refused by the API server anyway (etcd takes 1.5 MiB an object). */
const longestFileBytes = 16 * 1024 * 1024;

/**
 * Reads *.yaml, *.yml and *.json below a directory, in the order of their names; what begins with a dot is left out. A file that
 * somebody else than root or us could have written is not read, because what it says is done with our rights. Throws
 * AppError when the directory itself cannot be read.
 */
export async function readManifestFiles(directory: string): Promise<ManifestFiles> {
  const files: ManifestFile[] = [];
  const problems: ManifestProblem[] = [];
  for (const file of await manifestFilesBelow(directory)) {
    try {
      files.push({ file, text: await readSafely(join(directory, file)) });
    } catch (error) {
      // Removed between listing and opening: as if it had not been listed.
      if (isAppError(error, 'NOT_FOUND')) continue;
      problems.push(problemOf(file, toAppError(error, `read manifest ${join(directory, file)}`)));
    }
  }
  return { files, problems };
}

async function manifestFilesBelow(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(directory, folder), { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) await visit(path);
      else if (/\.(yaml|yml|json)$/.test(entry.name)) found.push(path);
    }
  };
  try {
    await visit('');
  } catch (error) {
    throw toAppError(error, `read addon directory ${directory}`);
  }
  return found.sort();
}

async function readSafely(path: string): Promise<string> {
  const handle = await openFile(path);
  try {
    const { mode, size, uid } = await handle.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw unsafe(path, 'it is not a regular file', 'remove it');
    if (uid !== 0 && uid !== process.getuid?.())
      throw unsafe(path, `it belongs to user ${uid}`, `run: chown root ${path}`);
    if ((mode & 0o022) !== 0) throw unsafe(path, 'others may write to it', `run: chmod go-w ${path}`);
    if (size > longestFileBytes) throw unsafe(path, 'it is too large for manifests', 'split or remove it');
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** O_NONBLOCK: opening a named pipe must not wait for somebody who writes to it. */
async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw toAppError(error, `read manifest ${path}`);
  }
}

function unsafe(path: string, fault: string, cure: string): AppError {
  return new AppError('FAILED_PRECONDITION', `read manifest ${path}: ${fault}`, { details: { path, cure } });
}

function problemOf(file: string, error: AppError): ManifestProblem {
  const cure = error.details.cure ?? 'make the file readable';
  return { kind: 'damaged', addon: addonNameOf(file), source: { file, document: 1 }, message: error.message, cure };
}
