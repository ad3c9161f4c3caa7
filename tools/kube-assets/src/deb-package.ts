/** Programs and CNI plugins from Debian packages that are unpacked into the cache. */

import { access, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@easycerts/core';
import type { Apt } from './apt.ts';
import type { CacheDirs, Environment } from './cache-dirs.ts';
import { type DebPackage, neededCniPlugins, packageOfLibrary, usualCniFolders } from './packages.ts';
import { linkOrCopy, placeFile, temporaryName } from './place-file.ts';
import { runCommand } from './run-command.ts';

export interface FetchContext {
  readonly apt: Apt;
  readonly dirs: CacheDirs;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
}

/** Unpacks a package, and gives its programs their names in the cache's `bin`. */
export async function fetchPackage(wanted: DebPackage, context: FetchContext): Promise<void> {
  const { dirs, apt, signal } = context;
  const folder = join(dirs.deb, wanted.name);
  if (!(await exists(folder))) await apt.unpack(wanted.name, folder, signal);
  await mkdir(dirs.bin, { recursive: true });
  for (const binary of wanted.binaries) {
    const file = join(folder, binary.file);
    await addMissingLibraries(file, context);
    const temporary = temporaryName(join(dirs.bin, binary.name));
    await rm(temporary, { force: true });
    await linkOrCopy(file, temporary);
    await placeFile(temporary, join(dirs.bin, binary.name));
  }
}

/** The folder of CNI plugins in the cache, whether or not it is there. */
export function cachedCniFolder(packages: readonly DebPackage[], dirs: CacheDirs): string {
  const one = packages.find((candidate) => candidate.cniFolder !== undefined);
  return join(dirs.deb, one?.name ?? '', one?.cniFolder ?? '');
}

/** The first folder that has every plugin we use: EASYCERTS_BIN_DIR (or its `cni`), the cache, the distribution's. */
export async function findCniFolder(cached: string, env: Environment): Promise<string | undefined> {
  const own = env.EASYCERTS_BIN_DIR;
  const folders = [...(own ? [join(own, 'cni'), own] : []), cached, ...usualCniFolders];
  for (const folder of folders) {
    const present = await Promise.all(neededCniPlugins.map((plugin) => exists(join(folder, plugin))));
    if (present.every(Boolean)) return folder;
  }
  return undefined;
}

/** Folders of unpacked shared libraries, for LD_LIBRARY_PATH; undefined when the machine has all it needs. */
export async function libraryPath(dirs: CacheDirs): Promise<string | undefined> {
  const folders: string[] = [];
  for (const name of new Set(Object.values(packageOfLibrary))) {
    const folder = libraryFolder(dirs, name);
    if (await exists(folder)) folders.push(folder);
  }
  return folders.length === 0 ? undefined : folders.join(':');
}

/** Names of shared libraries that ldd(1) did not find. Pure. */
export function missingLibraries(lddOutput: string): readonly string[] {
  return [...lddOutput.matchAll(/^\s*(\S+) => not found$/gm)].map((found) => found[1] ?? '');
}

async function addMissingLibraries(file: string, { apt, dirs, env, signal }: FetchContext): Promise<void> {
  const said = await runCommand('ldd', [file], { env: { ...env, LC_ALL: 'C' } });
  for (const library of missingLibraries(said.stdout)) {
    const packageName = packageOfLibrary[library];
    if (packageName === undefined) {
      throw new AppError('FAILED_PRECONDITION', `${file} needs the shared library ${library}`, {
        details: { cure: 'install the package that has this library', path: file },
      });
    }
    const folder = join(dirs.deb, packageName);
    if (!(await exists(folder))) await apt.unpack(packageName, folder, signal);
  }
}

/** Debian's multiarch folder (https://wiki.debian.org/Multiarch/Tuples) in an unpacked package. */
function libraryFolder(dirs: CacheDirs, packageName: string): string {
  const tuple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return join(dirs.deb, packageName, 'usr/lib', tuple);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
