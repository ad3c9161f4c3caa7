/** Builds one program from its pinned module into the cache. */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toAppError } from '@easycerts/core';
import type { GoBinary } from './binaries.ts';
import type { CacheDirs, Environment } from './cache-dirs.ts';
import { explainFailure } from './failure-text.ts';
import { goEnvironment } from './go-toolchain.ts';
import { placeFile, temporaryName } from './place-file.ts';
import { runCommand } from './run-command.ts';
import { stubPackage } from './stubbed-module.ts';

export interface BuildContext {
  readonly env: Environment;
  readonly dirs: CacheDirs;
  readonly goFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** In Node.js' words; default this machine's. */
  readonly architecture?: string;
}

/** Builds and returns the path in the cache. Throws NO_SPACE, UNAVAILABLE, FAILED_PRECONDITION, CANCELLED or INTERNAL. */
export async function buildBinary(binary: GoBinary, version: string, context: BuildContext): Promise<string> {
  const { dirs, signal } = context;
  const env = goEnvironment(context.env, context.architecture);
  const cwd = join(context.goFolder, binary.module);
  const path = join(dirs.bin, binary.name);
  const temporary = temporaryName(path);
  await mkdir(dirs.bin, { recursive: true });
  const stubbed = await stubPackage(binary, { cwd, env, source: dirs.source, signal });
  try {
    const args = [...buildArguments(binary, version, temporary), ...stubbed.flags, binary.package];
    const result = await runCommand('go', args, { cwd, env, signal });
    if (result.exitCode !== 0) throw explainFailure('go', `build ${binary.name} ${version}`, result.stderr);
    await placeFile(temporary, path);
    return path;
  } catch (error) {
    throw toAppError(error, `build ${binary.name} ${version}`);
  } finally {
    await rm(temporary, { force: true });
    await stubbed.remove();
  }
}

/** `go build` up to the package. Pure. */
export function buildArguments(binary: GoBinary, version: string, output: string): readonly string[] {
  const stamps = Object.entries(binary.stamp(version)).map(([variable, value]) => `-X ${variable}=${value}`);
  const linkerFlags = ['-s', '-w', ...stamps].join(' ');
  return ['build', '-trimpath', '-buildvcs=false', '-ldflags', linkerFlags, '-o', output];
}
