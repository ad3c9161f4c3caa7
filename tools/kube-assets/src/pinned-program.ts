/** One program exactly as pinned, for either processor: what goes into a package must not come from somebody's PATH. */

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@easycerts/core';
import type { Report } from './assets.ts';
import { type GoBinaryName, goBinaries } from './binaries.ts';
import { type CacheDirs, cacheDirs, type Environment } from './cache-dirs.ts';
import { buildBinary } from './go-build.ts';
import { checkGo } from './go-toolchain.ts';
import { assetsVersion, goFolder as ownGoFolder, pinnedVersion, readPinFiles, requiredGo } from './pins.ts';
import { openSequence } from './sequence.ts';

export interface PinnedProgramOptions {
  readonly name: GoBinaryName;
  /** In Node.js' words. */
  readonly architecture: 'x64' | 'arm64';
  readonly env: Environment;
  readonly report?: Report | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Folder of the pinning modules; only tests need another. */
  readonly goFolder?: string;
}

export interface PinnedProgram {
  readonly path: string;
  readonly version: string;
}

/** Finds it in the cache or builds it there. Throws as the build does. */
export async function ensurePinnedProgram(options: PinnedProgramOptions): Promise<PinnedProgram> {
  const { name, architecture, env, report, signal, goFolder = ownGoFolder } = options;
  const binary = goBinaries.find((one) => one.name === name);
  if (binary === undefined) throw new AppError('NOT_FOUND', `there is no program ${name}`);
  const files = await readPinFiles(goFolder);
  const dirs = dirsFor(architecture, cacheDirs(env, assetsVersion(files)));
  const version = pinnedVersion(binary, files);
  const path = join(dirs.bin, name);
  const find = (): Promise<string | undefined> =>
    access(path).then(
      () => path,
      () => undefined,
    );
  const sequence = openSequence({ total: 1, root: dirs.root, folders: [dirs.bin], report, signal });
  const job = { index: 0, name: `${name} ${version}${architecture === process.arch ? '' : ` for ${architecture}`}` };
  try {
    if ((await find()) !== undefined) {
      sequence.tellCached(job, path);
      return { path, version };
    }
    await checkGo(join(goFolder, binary.module), requiredGo(files), env);
    await sequence.get({
      ...job,
      find,
      get: () => buildBinary(binary, version, { env, dirs, goFolder, signal, architecture }),
    });
    return { path, version };
  } finally {
    await sequence.end();
  }
}

/** This machine's own programs lie where everything else looks for them. Pure. */
function dirsFor(architecture: string, dirs: CacheDirs): CacheDirs {
  return architecture === process.arch ? dirs : { ...dirs, bin: join(dirs.root, `bin-${architecture}`) };
}
