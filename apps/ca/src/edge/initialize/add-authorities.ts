/**
 * Gives a CA that an earlier version made the authorities that have come since. Killed anywhere: the next start goes on, and an
 * authority that exists is never touched.
 *
 *   staged in <ca>/.authority.<random> ──rename──▶ <ca>/authorities/<name> ──▶ on the list of what was made
 */

import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuthorityName, authorityNames, type ClusterConfig } from '@easycerts/cluster';
import { systemErrorCode, toAppError } from '@easycerts/core';
import { syncDirectory, withFileLock, writeFileAtomically } from '@easycerts/runtime';
import { caUser } from '../ca-user.ts';
import { encodeMadeAuthorities, madeAuthoritiesFile, readMadeAuthorities } from './made-authorities.ts';
import { makeAuthority } from './make-authority.ts';
import { removeLeftovers, settle, writeDurably } from './stage-folder.ts';
import { authorityStagedFiles } from './staged-files.ts';

const temporaryPrefix = '.authority.';
const lockWaitMs = 10_000;
/** The CA runs as the user that its folder belongs to. */
const ourOwnFile = { mode: 0o644, owner: caUser, group: caUser, users: { idsOf: () => undefined } };

/** Makes what is missing; answers what it made. AppError as every write, DAMAGED for the list. */
export async function addAuthorities(
  caDirectory: string,
  config: Pick<ClusterConfig, 'pki'>,
  now: Date,
): Promise<readonly AuthorityName[]> {
  if (missingOf(await readMadeAuthorities(caDirectory)).length === 0) return [];
  return withFileLock(`${caDirectory}/.authorities.lock`, { waitMs: lockWaitMs }, async () => {
    const missing = missingOf(await readMadeAuthorities(caDirectory));
    const made: AuthorityName[] = [];
    await removeLeftovers(caDirectory, temporaryPrefix);
    for (const name of missing) {
      if (await exists(`${caDirectory}/authorities/${name}`)) continue;
      await addAuthority(caDirectory, name, { config, now });
      made.push(name);
    }
    await writeFileAtomically(
      `${caDirectory}/${madeAuthoritiesFile}`,
      encodeMadeAuthorities(authorityNames),
      ourOwnFile,
    );
    return made;
  });
}

async function addAuthority(
  caDirectory: string,
  name: AuthorityName,
  { config, now }: { readonly config: Pick<ClusterConfig, 'pki'>; readonly now: Date },
): Promise<void> {
  const temporary = join(caDirectory, `${temporaryPrefix}${randomBytes(6).toString('hex')}`);
  try {
    const authority = await makeAuthority(name, config, now);
    await mkdir(temporary, { mode: 0o700 });
    for (const file of authorityStagedFiles('.', authority)) await writeDurably(temporary, file);
    await settle(temporary, undefined);
    await rename(temporary, `${caDirectory}/authorities/${name}`);
    await syncDirectory(`${caDirectory}/authorities`);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw toAppError(error, `make the authority ${name} in ${caDirectory}`);
  }
}

function missingOf(known: readonly AuthorityName[]): readonly AuthorityName[] {
  return authorityNames.filter((name) => !known.includes(name));
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw toAppError(error, `look at ${path}`);
  }
}
