/** Takes away what joining has put on this host. Doing it again, or after half of it, is the same. */

import { execFile } from 'node:child_process';
import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { manifestPath, type Paths, renderedFilesIn } from '@easycerts/cluster';
import { AppError, toAppError } from '@easycerts/core';
import { parseMountInfo } from '@easycerts/runtime';
import { mountsBelow } from '../../core/mounts-below.ts';

const run = promisify(execFile);

/** Made by the CNI plugins and by libcni for what they remember of pods. The innermost first. */
const cniFolders = ['/var/lib/cni/networks', '/var/lib/cni/results', '/var/lib/cni'];

/** The innermost first. */
const volumePluginFolders = [
  '/usr/libexec/kubernetes/kubelet-plugins/volume/exec',
  '/usr/libexec/kubernetes/kubelet-plugins/volume',
  '/usr/libexec/kubernetes/kubelet-plugins',
  '/usr/libexec/kubernetes',
];

/** The files that config-renderer made; how many there were. */
export async function removeRendered(paths: Paths): Promise<number> {
  const manifest = await readFile(manifestPath(paths), 'utf8').catch(() => '');
  const files = renderedFilesIn(manifest, paths);
  for (const path of files) await rm(path, { force: true });
  return files.length;
}

/** Keys, certificates, the identity, what the master said, and the state of our services but joiner's own. */
export async function removeIdentity(paths: Paths): Promise<void> {
  const etc = dirname(paths.clusterFile);
  const received = dirname(paths.receivedConfig);
  for (const path of [received, `${etc}/accepted`]) await removeAll(path);
  // these came with the package, with their owners and modes
  for (const path of [paths.certificateSpecs, paths.componentSpecs, paths.secrets, paths.natsStore]) await empty(path);
  for (const name of await namesIn(paths.state)) {
    const path = `${paths.state}/${name}`;
    if (path !== paths.joinerState && path !== paths.natsStore) await removeAll(path);
  }
}

/** kubelet's data and the addresses that CNI gave to pods. */
export async function removePodData(paths: Paths): Promise<void> {
  await unmountBelow(paths.kubelet);
  await removeAll(paths.kubelet);
  await removeAll(`${paths.root}/var/lib/cni/networks/easycerts`);
  await rm(paths.flannelSubnet, { force: true });
  await removeEmpty(`${paths.kubernetes}/manifests`);
  // kubelet makes this folder for plugins (--volume-plugin-dir), whether there are any or not
  for (const path of [...cniFolders, ...volumePluginFolders]) await removeEmpty(`${paths.root}${path}`);
}

/** Unmounts everything at and below a folder. AppError FAILED_PRECONDITION when something stays: then nothing may be removed. */
async function unmountBelow(folder: string): Promise<void> {
  for (const point of await mountedBelow(folder)) {
    // what is still in use goes when its last user does
    await run('umount', [point]).catch(() => run('umount', ['--lazy', point]).catch(() => undefined));
  }
  const [left] = await mountedBelow(folder);
  if (left === undefined) return;
  throw new AppError(
    'FAILED_PRECONDITION',
    `unmount ${left}: it is still there, and what it holds must not be removed`,
    {
      details: { path: left, cure: `see who uses it (\`fuser -vm ${left}\`), then run the command again` },
    },
  );
}

async function mountedBelow(folder: string): Promise<readonly string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return mountsBelow(
    folder,
    parseMountInfo(text).map(({ mountPoint }) => mountPoint),
  );
}

async function removeAll(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw toAppError(error, `remove ${path}`);
  }
}

async function empty(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) await removeAll(`${folder}/${name}`);
}

/** A folder with something in it is somebody's. */
async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}

async function namesIn(path: string): Promise<readonly string[]> {
  return readdir(path).catch(() => []);
}
