/**
 * Builds from a copy of a module in which one package is empty. Go has no switch for it: a `replace` is for whole
 * modules, and `-overlay` may not touch the module cache.
 */

import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { AppError } from '@easycerts/core';
import type { GoBinary } from './binaries.ts';
import type { Environment } from './cache-dirs.ts';
import { explainFailure } from './failure-text.ts';
import { runCommand } from './run-command.ts';

export interface StubContext {
  /** Folder of the pinning go.mod. */
  readonly cwd: string;
  readonly env: Environment;
  /** Where the copy may be. */
  readonly source: string;
  readonly signal?: AbortSignal | undefined;
}

export interface StubbedModule {
  /** Additional flags of `go build`. */
  readonly flags: readonly string[];
  remove(): Promise<void>;
}

/** Prepares the copy when the program asks for one. Its go.mod is the pinned one plus a replace, so go.sum still holds. */
export async function stubPackage(binary: GoBinary, context: StubContext): Promise<StubbedModule> {
  const { stub, requires } = binary;
  if (stub === undefined || requires === undefined) return { flags: [], remove: async () => {} };
  const folder = join(context.source, binary.module);
  const copy = join(folder, 'module');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await copyFolder(await downloadModule(requires, context), copy, stub.folder);
  await mkdir(join(copy, stub.folder), { recursive: true });
  await writeFile(join(copy, stub.folder, 'stub.go'), stub.source);
  const goMod = await readFile(join(context.cwd, 'go.mod'), 'utf8');
  await writeFile(join(folder, 'go.mod'), `${goMod}\nreplace ${requires} => ${copy}\n`);
  await copyFile(join(context.cwd, 'go.sum'), join(folder, 'go.sum'));
  return {
    flags: [`-modfile=${join(folder, 'go.mod')}`],
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function downloadModule(module: string, context: StubContext): Promise<string> {
  const { cwd, env, signal } = context;
  const result = await runCommand('go', ['mod', 'download', '-json', module], { cwd, env, signal });
  if (result.exitCode !== 0) throw explainFailure('go', `download ${module}`, `${result.stderr}\n${result.stdout}`);
  const answer: unknown = JSON.parse(result.stdout);
  if (typeof answer === 'object' && answer !== null && 'Dir' in answer && typeof answer.Dir === 'string') {
    return answer.Dir;
  }
  throw new AppError('INTERNAL', `download ${module}: go did not say where it is`);
}

/** Not fs.cp: it copies the modes too, and the module cache is read-only. */
async function copyFolder(from: string, to: string, leftOut: string): Promise<void> {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = relative(from, join(entry.parentPath, entry.name));
    if (!entry.isFile() || dirname(path) === leftOut) continue;
    await mkdir(join(to, dirname(path)), { recursive: true });
    await copyFile(join(from, path), join(to, path));
  }
}
