/** The authorities on disk: `<ca>/authorities/<name>/ca.crt` and `ca.key`. Read, never repaired: a CA key has no replacement. */

import { readFile, stat } from 'node:fs/promises';
import { type AuthorityName, authorityNames } from '@easycerts/cluster';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { type Authority, authorityOf, encodePem, parseCertificate, parsePrivateKeyPem } from '@easycerts/pki';

export type Authorities = Readonly<Record<AuthorityName, Authority>>;

/** Paths of one authority's files below the CA's directory. */
export function authorityFiles(
  caDirectory: string,
  name: AuthorityName,
): { readonly cert: string; readonly key: string } {
  const directory = `${caDirectory}/authorities/${name}`;
  return { cert: `${directory}/ca.crt`, key: `${directory}/ca.key` };
}

/** The certificates to trust of one authority, PEM. */
export function trustBundleOf(authority: Authority): string {
  return encodePem('CERTIFICATE', authority.certificate.der);
}

/**
 * Reads every authority. AppError FAILED_PRECONDITION before `ca init`, DAMAGED (naming the file) when a certificate or key
 * is missing, unreadable or does not belong to the other.
 */
export async function loadAuthorities(caDirectory: string): Promise<Authorities> {
  await assertInitialized(caDirectory);
  const loaded: [AuthorityName, Authority][] = [];
  for (const name of authorityNames) loaded.push([name, await loadAuthority(caDirectory, name)]);
  return Object.freeze(Object.fromEntries(loaded) as Record<AuthorityName, Authority>);
}

/** AppError FAILED_PRECONDITION before `ca init`. */
export async function assertInitialized(caDirectory: string): Promise<void> {
  try {
    await stat(`${caDirectory}/authorities`);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw toAppError(error, `read the authorities in ${caDirectory}`);
    throw new AppError('FAILED_PRECONDITION', `there is no CA in ${caDirectory}`, {
      cause: error,
      details: { path: caDirectory, cure: 'run `ca init` on the first master, or restore the folder from a backup' },
    });
  }
}

async function loadAuthority(caDirectory: string, name: AuthorityName): Promise<Authority> {
  const files = authorityFiles(caDirectory, name);
  const certPem = await readText(files.cert);
  const keyPem = await readText(files.key);
  await assertPrivate(files.key);
  const certificate = damagedUnless(files.cert, () => parseCertificate(certPem));
  const keyPair = damagedUnless(files.key, () => parsePrivateKeyPem(keyPem));
  return damagedUnless(files.key, () => authorityOf(certificate, keyPair));
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw damaged(path, 'it is missing', error);
    throw toAppError(error, `read ${path}`);
  }
}

async function assertPrivate(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  throw new AppError(
    'FAILED_PRECONDITION',
    `use CA key ${path}: others may read it (mode ${(mode & 0o777).toString(8)})`,
    {
      details: { path, cure: `chmod 600 ${path}, and consider who has read it` },
    },
  );
}

function damagedUnless<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw damaged(path, toAppError(error, 'read').message, error);
  }
}

function damaged(path: string, why: string, cause: unknown): AppError {
  return new AppError('DAMAGED', `use ${path}: ${why}`, {
    cause,
    details: { path, cure: `restore ${path} from a backup of this master; it is never replaced by a new one` },
  });
}
