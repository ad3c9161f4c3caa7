/**
 * Which authorities a CA has made, in `<ca>/made-authorities.json`. By it one that this version knows and the last did not is
 * told from one that was lost: the first is made, the other never replaced.
 */

import { readFile } from 'node:fs/promises';
import { type AuthorityName, authorityNames } from '@easycerts/cluster';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';

/** Below the folder of the CA. */
export const madeAuthoritiesFile = 'made-authorities.json';

/** What a CA has that was made before it kept this list. */
const firstAuthorities: readonly AuthorityName[] = ['kubernetes', 'etcd', 'front-proxy', 'easycerts'];

export function encodeMadeAuthorities(names: readonly AuthorityName[]): string {
  return `${JSON.stringify(names)}\n`;
}

/** AppError DAMAGED when the list makes no sense. */
export async function readMadeAuthorities(caDirectory: string): Promise<readonly AuthorityName[]> {
  const path = `${caDirectory}/${madeAuthoritiesFile}`;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return firstAuthorities;
    throw toAppError(error, `read ${path}`);
  }
  const names = namesIn(text);
  if (names !== undefined) return names;
  const cure = `restore ${path} from a backup of this master, or write the names of the folders in authorities/ there`;
  throw new AppError('DAMAGED', `read ${path}: it is not a list of authorities`, { details: { path, cure } });
}

/** Undefined for everything but a list of names that are known. */
function namesIn(text: string): readonly AuthorityName[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return undefined;
    const names = authorityNames.filter((name) => list.includes(name));
    return names.length === list.length ? names : undefined;
  } catch {
    return undefined;
  }
}
