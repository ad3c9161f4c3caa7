/** Makes sure that everything a group needs is on this machine: the one door of this package. */

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@easycerts/core';
import { openApt } from './apt.ts';
import type { Assets, Report, SeedImage } from './assets.ts';
import { cacheDirs, type Environment } from './cache-dirs.ts';
import { checkMachine } from './check-machine.ts';
import { cachedCniFolder, libraryPath } from './deb-package.ts';
import { checkOwnFolder } from './find-binary.ts';
import { type Group, type ImageName, planOf } from './groups.ts';
import { debPackages } from './packages.ts';
import { assetsVersion, goFolder as ownGoFolder, readPinFiles } from './pins.ts';
import { type ResolvedFolder, resolveFolder } from './resolved-folder.ts';
import { imageRef, programOfImage, writeImage } from './seed-images.ts';
import { openSequence, type Sequence } from './sequence.ts';
import { type Step, type StepContext, stepsOf } from './steps.ts';

export interface EnsureOptions {
  readonly group: Group;
  readonly env: Environment;
  readonly report?: Report | undefined;
  /** Ends the work with CANCELLED; a later run goes on where this one stopped. */
  readonly signal?: AbortSignal | undefined;
  /** Folder of the pinning modules; only tests need another. */
  readonly goFolder?: string;
}

/**
 * Finds, builds or fetches what `group` needs, one after another and by one run at a time. Everything is searched first,
 * and what only a person can mend (no Go, no rights) is told before any long work.
 */
export async function ensureAssets(options: EnsureOptions): Promise<Assets> {
  const { group, env, report, signal, goFolder = ownGoFolder } = options;
  await checkOwnFolder(env);
  const files = await readPinFiles(goFolder);
  const version = assetsVersion(files);
  const dirs = cacheDirs(env, version);
  const isRoot = process.getuid?.() === 0;
  const context: StepContext = { env, dirs, goFolder, signal, files, apt: openApt({ env, isRoot }) };
  const plan = planOf(group);
  const steps = stepsOf(plan, context);
  const sequence = openSequence({
    total: steps.length + plan.images.length,
    root: dirs.root,
    folders: [dirs.bin, dirs.deb, dirs.images],
    report,
    signal,
  });
  try {
    const sources = await ensureSteps(steps, sequence, (missing) => checkMachine({ missing, plan, isRoot, context }));
    const cniBinDir = sources.get('cni') ?? cachedCniFolder(debPackages, dirs);
    sources.delete('cni');
    const folder = await resolveFolder(sources, dirs);
    for (const [offset, name] of plan.images.entries()) {
      await ensureImage({
        name,
        index: steps.length + offset,
        image: seedImage(name, folder, version),
        folder,
        sequence,
      });
    }
    const libraries = await libraryPath(dirs);
    return {
      version,
      binDir: folder.binDir,
      path: (name) => {
        if (sources.has(name)) return join(folder.binDir, name);
        throw new AppError('NOT_FOUND', `program ${name} is not in group ${group}`);
      },
      cniBinDir,
      images: {
        pause: seedImage('pause', folder, version),
        coredns: seedImage('coredns', folder, version),
        ...(plan.images.includes('busybox') ? { busybox: seedImage('busybox', folder, version) } : {}),
      },
      ...(libraries === undefined ? {} : { libraryPath: libraries }),
    };
  } finally {
    await sequence.end();
  }
}

/** Searches all steps, lets `check` object, then gets what is missing. The paths of all programs by name. */
async function ensureSteps(
  steps: readonly Step[],
  sequence: Sequence,
  check: (missing: readonly Step[]) => Promise<void>,
): Promise<Map<string, string>> {
  const sources: [string, string][] = [];
  const missing: (Step & { readonly index: number })[] = [];
  for (const [index, step] of steps.entries()) {
    const found = await step.find();
    if (found === undefined) {
      missing.push({ ...step, index });
      continue;
    }
    sources.push(...found);
    sequence.tellCached({ index, name: step.name }, [...found.values()][0]);
  }
  await check(missing);
  for (const job of missing) sources.push(...(await sequence.get(job)));
  return new Map(sources);
}

async function ensureImage(job: {
  readonly name: ImageName;
  readonly index: number;
  readonly image: SeedImage;
  readonly folder: ResolvedFolder;
  readonly sequence: Sequence;
}): Promise<void> {
  const { name, index, image, folder, sequence } = job;
  const label = { index, name: `image ${name}` };
  const find = (): Promise<true | undefined> =>
    access(image.archive).then(
      () => true as const,
      () => undefined,
    );
  if (await find()) return sequence.tellCached(label, image.archive);
  await sequence.get({
    ...label,
    find,
    get: async () => {
      await writeImage(name, image.ref, join(folder.binDir, programOfImage[name]), image.archive);
      return true as const;
    },
  });
}

function seedImage(name: ImageName, folder: ResolvedFolder, version: string): SeedImage {
  return { ref: imageRef(name, version), archive: join(folder.imagesDir, `${name}.tar`) };
}
