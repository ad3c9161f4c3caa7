/**
 * Where a run keeps its things: one folder outside the repository, a data directory for each cluster in it. Steps are
 * processes of their own, so all of it travels in the environment.
 */

import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Assets, SeedImage } from '@easycerts/kube-assets';
import { kubernetesShares, type Share } from '@easycerts/test-hosts';

/** The repository: where `npm start` is typed. */
export const repository = resolve(import.meta.dirname, '../../..');

const folderVariable = 'EASYCERTS_E2E_FOLDER';

/**
 * The environment of the steps, with a new folder for this run (or the one that is given, with --keep). `isKept`: what they
 * make stays when the run has ended.
 */
export async function environmentOf(assets: Assets, isKept: boolean): Promise<NodeJS.ProcessEnv> {
  const { busybox } = assets.images;
  if (busybox === undefined) throw new Error('no image of busybox');
  const folder = process.env[folderVariable] ?? (await mkdtemp(join(tmpdir(), 'easycerts-e2e-')));
  await mkdir(folder, { recursive: true });
  const own = ['EASYCERTS_DATA_DIR', 'EASYCERTS_CONFIG', 'EASYCERTS_ROOT', 'EASYCERTS_LOG_LEVEL', 'KUBECONFIG'];
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.includes(name))),
    [folderVariable]: folder,
    EASYCERTS_E2E_BIN: assets.binDir,
    EASYCERTS_E2E_IMAGES: JSON.stringify({ ...assets.images, busybox }),
    EASYCERTS_E2E_SHARES: JSON.stringify(kubernetesShares(assets)),
    // Hosts of a run that has ended are nobody's, unless they are to be kept.
    ...(isKept ? {} : { EASYCERTS_E2E_OWNER: String(process.pid) }),
    // The summary of a step must be the same whoever looks at it.
    NO_COLOR: '1',
  };
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this by \`npm run e2e\``);
  return value;
}

/** The folder of the run. */
export function runFolder(): string {
  return variable(folderVariable);
}

/** The data directory of a cluster of the run. */
export function dataDirectory(name: string): string {
  return join(runFolder(), name);
}

/** A program of the assets: kubectl, etcdctl, nats. */
export function program(name: string): string {
  return join(variable('EASYCERTS_E2E_BIN'), name);
}

/** The folder with the programs. */
export function programFolder(): string {
  return variable('EASYCERTS_E2E_BIN');
}

/** The images that clusters of the run use, by name. */
export function images(): Readonly<Record<'pause' | 'coredns' | 'busybox', SeedImage>> {
  return JSON.parse(variable('EASYCERTS_E2E_IMAGES')) as Readonly<Record<'pause' | 'coredns' | 'busybox', SeedImage>>;
}

/** The image that the pods of the tests run. */
export function busybox(): SeedImage {
  return images().busybox;
}

/** Folders of the machine that hosts see: the Kubernetes programs and the images. */
export function hostShares(): readonly Share[] {
  return JSON.parse(variable('EASYCERTS_E2E_SHARES')) as readonly Share[];
}

/** The process that takes hosts down in the end; undefined when they are kept. */
export function ownerPid(): number | undefined {
  const pid = process.env.EASYCERTS_E2E_OWNER;
  return pid === undefined ? undefined : Number(pid);
}
