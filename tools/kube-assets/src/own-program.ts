/** Go programs of this repository that only tests use: built when they are first needed, each in a cache of its own. */

import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CacheDirs, cacheDirs, type Environment } from './cache-dirs.ts';
import { explainFailure } from './failure-text.ts';
import { checkGo, goEnvironment } from './go-toolchain.ts';
import { requiredGo } from './pins.ts';
import { placeFile, temporaryName } from './place-file.ts';
import { runCommand } from './run-command.ts';

export interface OwnProgramOptions {
  /** What it is called. */
  readonly name: string;
  /** Folder with its go.mod, go.sum and sources. */
  readonly folder: string;
  readonly env: Environment;
  readonly signal?: AbortSignal;
}

/** Finds the program in the cache, by a hash of its sources, or builds it there; the path. Throws as `go build` does. */
export async function ensureOwnProgram({ name, folder, env, signal }: OwnProgramOptions): Promise<string> {
  const sources = await readSources(folder);
  const path = join(dirsOf(name, sources, env).bin, name);
  if (await isThere(path)) return path;
  await checkGo(folder, requiredGo(sources), env);
  await mkdir(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  try {
    const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', temporary, '.'];
    const result = await runCommand('go', args, { cwd: folder, env: goEnvironment(env), signal });
    if (result.exitCode !== 0) throw explainFailure('go', `build ${name}`, result.stderr);
    await placeFile(temporary, path);
    return path;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readSources(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).filter((file) => /\.(go|mod|sum)$/.test(file)).sort();
  return new Map(
    await Promise.all(names.map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as const)),
  );
}

function dirsOf(name: string, sources: ReadonlyMap<string, string>, env: Environment): CacheDirs {
  const digest = createHash('sha256')
    .update(JSON.stringify([...sources]))
    .digest('hex');
  return cacheDirs(env, `${name}-${digest.slice(0, 8)}`);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
