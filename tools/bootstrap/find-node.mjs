/** The Node that runs our TypeScript: sources run unbuilt, which needs a new one. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.mjs';

/** What the sources are written for; it comes with npm (optionalDependencies of package.json). */
const wantedMajor = 26;
/** The oldest one that runs TypeScript unbuilt without a flag and without a warning. */
const usableMajor = 24;

/**
 * Path of the node to run: this one when it is new enough, else the one that npm has installed, else this one if it can
 * do it at all. Throws a Problem on a machine that has none.
 * @param {{root: string, version: string, execPath: string, platform: string, arch: string, exists?: (path: string) => boolean}} facts
 */
export function findNode({ root, version, execPath, platform, arch, exists = existsSync }) {
  const major = Number(version.split('.')[0]);
  if (major >= wantedMajor) return execPath;
  const installed = installedNode({ root, platform, arch });
  if (installed !== undefined && exists(installed)) return installed;
  if (major >= usableMajor) return execPath;
  throw new Problem(
    `no Node ${wantedMajor} for ${platform} ${arch}`,
    installed === undefined
      ? `easycerts runs on Linux x64 and arm64; elsewhere install Node ${usableMajor} or newer yourself`
      : 'run `npm ci` (without --omit=optional): the package brings one',
  );
}

/**
 * Where npm puts it, or undefined where there is none for this machine.
 * @param {{root: string, platform: string, arch: string}} machine
 */
export function installedNode({ root, platform, arch }) {
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) return undefined;
  return join(root, 'node_modules', `node-linux-${arch}`, 'bin', 'node');
}
