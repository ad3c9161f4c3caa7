/**
 * Whether node_modules is what package-lock.json says. npm writes the hidden lock file `node_modules/.package-lock.json` as
 * the last step of every installation, so it is both the stamp of a finished one and the list of what lies there.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @typedef {{version?: string, integrity?: string, link?: boolean, optional?: boolean, devOptional?: boolean}} Entry */
/** @typedef {Readonly<Record<string, Entry>>} Packages */

/**
 * Why `npm ci` is needed, in words; undefined when everything is there.
 * @param {string} root
 */
export async function whyInstall(root) {
  const wanted = await readJson(join(root, 'package-lock.json'));
  const present = await readJson(join(root, 'node_modules', '.package-lock.json'));
  if (present === undefined) return 'the dependencies are not installed yet';
  const changed = differences(wanted?.packages ?? {}, present.packages ?? {});
  if (changed.length === 0) return undefined;
  const rest = changed.length > 1 ? ` and ${changed.length - 1} more` : '';
  return `package-lock.json has changed (${changed[0]}${rest})`;
}

/**
 * Names of packages that are missing or of another version. What is optional may be missing: it is for other machines.
 * @param {Packages} wanted
 * @param {Packages} present
 */
export function differences(wanted, present) {
  const names = [];
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue;
    const found = present[path];
    const isSame = found !== undefined && found.version === entry.version && found.integrity === entry.integrity;
    const mayBeMissing = entry.optional === true || entry.devOptional === true;
    if (!isSame && !(found === undefined && mayBeMissing)) names.push(path.replace(/^.*node_modules\//, ''));
  }
  return names;
}

/**
 * @param {string} path
 * @returns {Promise<{packages?: Packages} | undefined>}
 */
async function readJson(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return undefined;
    throw error;
  }
}
