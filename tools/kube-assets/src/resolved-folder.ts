/**
 * All programs under one folder that can be bind-mounted as a whole. When everything is in the cache, that is the
 * cache's own `bin`; else a folder of hard links and copies (not symbolic links: they would point out of the mount), named
 * by what is in it.
 */

import { createHash } from 'node:crypto';
import { access, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '@easycerts/core';
import type { CacheDirs } from './cache-dirs.ts';
import { linkOrCopy, placeFolder, temporaryName } from './place-file.ts';

export interface ResolvedFolder {
  readonly binDir: string;
  /** Where the images made of these programs are. */
  readonly imagesDir: string;
}

/** `sources` are paths of programs by name. */
export async function resolveFolder(sources: ReadonlyMap<string, string>, dirs: CacheDirs): Promise<ResolvedFolder> {
  if (isAllCached(sources, dirs.bin)) return { binDir: dirs.bin, imagesDir: dirs.images };
  try {
    const root = join(dirs.resolved, await identityOf(sources));
    const binDir = join(root, 'bin');
    if (!(await exists(binDir))) await fill(binDir, sources);
    return { binDir, imagesDir: join(root, 'images') };
  } catch (error) {
    throw toAppError(error, 'put the programs into one folder');
  }
}

/** Whether every program has its own name in the cache's `bin`. Pure. */
export function isAllCached(sources: ReadonlyMap<string, string>, cacheBin: string): boolean {
  return [...sources].every(([name, path]) => path === join(cacheBin, name));
}

async function identityOf(sources: ReadonlyMap<string, string>): Promise<string> {
  const facts = [...sources]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(async ([name, path]) => {
      const { size, mtimeMs } = await stat(path);
      return [name, await realpath(path), size, mtimeMs];
    });
  return createHash('sha256')
    .update(JSON.stringify(await Promise.all(facts)))
    .digest('hex')
    .slice(0, 12);
}

async function fill(binDir: string, sources: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(join(binDir, '..'), { recursive: true });
  const temporary = temporaryName(binDir);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary);
  for (const [name, path] of sources) await linkOrCopy(await realpath(path), join(temporary, name));
  await placeFolder(temporary, binDir);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
