/** Whether containerd can use overlayfs on a folder: by trying, as file systems and kernels differ too much to reason. */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { systemErrorCode } from '@easycerts/core';

const execFileAsync = promisify(execFile);
const overlayMagic = 0x794c7630; // OVERLAYFS_SUPER_MAGIC, include/uapi/linux/magic.h
const mountTimeoutMs = 5_000;

/**
 * Mounts an overlay below `directory` (or its nearest existing parent) in a mount namespace of its own, so that nothing is
 * left of it whatever happens. Needs root; whatever fails means `native`.
 */
export async function findSnapshotter(directory: string): Promise<'overlayfs' | 'native'> {
  const base = await nearestExisting(directory);
  // An overlay on an overlay mounts on some kernels and then fails on whiteouts.
  if (base === undefined || (await statfs(base.path)).type === overlayMagic) return 'native';
  const trial = await mkdtemp(`${base.path}/.overlay-trial-`).catch(() => undefined);
  if (trial === undefined) return 'native';
  try {
    await Promise.all(['lower', 'upper', 'work', 'merged'].map((name) => mkdir(`${trial}/${name}`)));
    const script =
      'mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/merged" && touch "$1/merged/x"';
    await execFileAsync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', trial], {
      timeout: mountTimeoutMs,
    });
    return 'overlayfs';
  } catch {
    return 'native';
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

async function nearestExisting(directory: string): Promise<{ readonly path: string } | undefined> {
  for (let path = directory; ; path = dirname(path)) {
    try {
      await statfs(path);
      return { path };
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT' || path === dirname(path)) return undefined;
    }
  }
}
