/**
 * What `npm run bench` measures by (wrk) and compares with (step-ca), beside programs of the list: in a cache of its own, so
 * that another version here rebuilds nothing else, and nobody but the benchmarks waits for it.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openApt } from './apt.ts';
import type { Report } from './assets.ts';
import type { GoBinary } from './binaries.ts';
import { cacheDirs, type Environment } from './cache-dirs.ts';
import { libraryPath } from './deb-package.ts';
import { checkGo } from './go-toolchain.ts';
import type { DebPackage } from './packages.ts';
import { goFolder, readPinFiles, requiredGo } from './pins.ts';
import { openSequence } from './sequence.ts';
import { stepsOf } from './steps.ts';

export type BenchProgram = 'step-ca' | 'wrk';

export const benchBinaries: readonly GoBinary<BenchProgram>[] = [
  {
    name: 'step-ca',
    module: 'step-ca',
    requires: 'github.com/smallstep/certificates',
    package: 'github.com/smallstep/certificates/cmd/step-ca',
    stamp: (version) => ({ 'main.Version': version }),
    versionArgs: ['version'],
    usable: { kind: 'at-least', version: '0.30.2' },
  },
];

const benchPackages: readonly DebPackage<BenchProgram>[] = [
  { name: 'wrk', binaries: [{ name: 'wrk', file: 'usr/bin/wrk', usable: { kind: 'any' } }] },
];

export interface BenchAssets {
  path(name: BenchProgram): string;
  /** For LD_LIBRARY_PATH of wrk, when the machine lacks a shared library that it needs. */
  readonly libraryPath: string | undefined;
}

/** Finds, fetches or builds both. Throws as `ensureAssets` does. */
export async function ensureBenchAssets(env: Environment, report?: Report): Promise<BenchAssets> {
  const files = await readPinFiles(goFolder, benchBinaries);
  const digest = createHash('sha256').update(JSON.stringify([...files]));
  const dirs = cacheDirs(env, `bench-${digest.digest('hex').slice(0, 8)}`);
  const isRoot = process.getuid?.() === 0;
  const context = { env, dirs, goFolder, files, apt: openApt({ env, isRoot }) };
  const steps = stepsOf({ binaries: benchBinaries, packages: benchPackages, tools: [] }, context);
  const sequence = openSequence({ total: steps.length, root: dirs.root, folders: [dirs.bin, dirs.deb], report });
  const paths = new Map<string, string>();
  try {
    for (const [index, step] of steps.entries()) {
      let found = await step.find();
      if (found === undefined) {
        if (step.kind === 'go') await checkGo(join(goFolder, 'step-ca'), requiredGo(files), env);
        found = await sequence.get({ ...step, index });
      } else {
        sequence.tellCached({ index, name: step.name });
      }
      for (const [name, path] of found) paths.set(name, path);
    }
  } finally {
    await sequence.end();
  }
  return { path: (name) => paths.get(name) ?? '', libraryPath: await libraryPath(dirs) };
}
