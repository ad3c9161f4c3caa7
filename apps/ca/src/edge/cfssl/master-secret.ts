/** The secret from which the keys of cfssl's clients follow: `<ca>/cfssl.secret`, 0600, made once. */

import { createSecretKey, type KeyObject } from 'node:crypto';
import { link, open, readFile, rm, stat } from 'node:fs/promises';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { syncDirectory } from '@easycerts/runtime';
import { masterSecretBytes } from './derived-key.ts';

/** Reads the secret, and makes it when it is not there. AppError DAMAGED when it is cut, FAILED_PRECONDITION when others may read it. */
export async function loadMasterSecret(
  caDirectory: string,
  randomBytes: (size: number) => Uint8Array,
): Promise<KeyObject> {
  const path = `${caDirectory}/cfssl.secret`;
  try {
    return await readSecret(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw toAppError(error, `read ${path}`);
  }
  await makeSecret(caDirectory, path, randomBytes(masterSecretBytes)).catch((error: unknown) => {
    throw toAppError(error, `write ${path}`);
  });
  return readSecret(path);
}

async function readSecret(path: string): Promise<KeyObject> {
  const bytes = await readFile(path);
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    const details = { path, cure: `chmod 600 ${path}, and consider who has read it` };
    throw new AppError('FAILED_PRECONDITION', `use ${path}: others may read it`, { details });
  }
  if (bytes.length === masterSecretBytes) return createSecretKey(bytes);
  const cure = `restore ${path} from a backup of this master; without it every cfssl key has to be made again`;
  throw new AppError('DAMAGED', `use ${path}: it is not ${masterSecretBytes} bytes long`, { details: { path, cure } });
}

/** Whole under its name or not there; whoever makes it first, stays. */
async function makeSecret(directory: string, path: string, secret: Uint8Array): Promise<void> {
  const staged = `${path}.new`;
  await rm(staged, { force: true });
  const file = await open(staged, 'wx', 0o600);
  try {
    await file.writeFile(secret);
    await file.sync();
  } finally {
    await file.close();
  }
  await link(staged, path);
  await rm(staged);
  await syncDirectory(directory);
}
