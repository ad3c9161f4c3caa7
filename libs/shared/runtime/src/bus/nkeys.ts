/** The keys of the bus: users that nats-server knows by itself, and the issuer of everyone else's tokens. Files `*.nk`, 0600. */

import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import type { BusPublicKeys } from './nats-config.ts';
import type { NkeyRole } from './nkey-codec.ts';
import { encodeSeed, privateKeyOfSeed, publicNkeyOf } from './nkey-codec.ts';

export interface BusKey {
  /** Secret. */
  readonly seed: string;
  readonly publicKey: string;
}

export interface BusKeys {
  /** In account SYS: sees and cuts connections. */
  readonly systemUser: BusKey;
  /** In account AUTH: answers the callout. */
  readonly authUser: BusKey;
  /** In account CORE: to reach the bus while the callout does not work. */
  readonly bootUser: BusKey;
  /** Signs the tokens of the callout. */
  readonly issuer: BusKey;
}

const files: Readonly<Record<keyof BusKeys, { readonly name: string; readonly role: NkeyRole }>> = {
  systemUser: { name: 'system.nk', role: 'user' },
  authUser: { name: 'auth.nk', role: 'user' },
  bootUser: { name: 'boot.nk', role: 'user' },
  issuer: { name: 'issuer.nk', role: 'account' },
};

/** New keys, from the system's random source. */
export function createBusKeys(): BusKeys {
  return mapKeys(({ role }) => keyOfSeed(role, encodeSeed(role, randomBytes(32))));
}

/** The part of the keys that may stand in nats.conf. */
export function publicKeysOf(keys: BusKeys): BusPublicKeys {
  return {
    system: keys.systemUser.publicKey,
    auth: keys.authUser.publicKey,
    boot: keys.bootUser.publicKey,
    issuer: keys.issuer.publicKey,
  };
}

/** Writes the seeds into a directory, made 0700 when absent. AppError ALREADY_EXISTS when one of the files is there. */
export async function writeBusKeys(directory: string, keys: BusKeys): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const [which, { name }] of entriesOf(files))
      await writeNewFile(`${directory}/${name}`, `${keys[which].seed}\n`);
  } catch (error) {
    throw toAppError(error, `write keys of the bus to ${directory}`);
  }
}

/** Reads the seeds back. AppError NOT_FOUND or DAMAGED names the file. */
export async function readBusKeys(directory: string): Promise<BusKeys> {
  const seeds = new Map<string, BusKey>();
  for (const [which, { name, role }] of entriesOf(files)) seeds.set(which, await readKey(`${directory}/${name}`, role));
  return Object.fromEntries(seeds) as unknown as BusKeys;
}

async function readKey(path: string, role: NkeyRole): Promise<BusKey> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw toAppError(error, `read key of the bus ${path}`);
  });
  try {
    return keyOfSeed(role, text.trim());
  } catch (error) {
    throw new AppError('DAMAGED', `read key of the bus ${path}: not a seed`, {
      cause: error,
      details: { path, cure: 'restore the file from a backup of this master' },
    });
  }
}

function keyOfSeed(role: NkeyRole, seed: string): BusKey {
  return { seed, publicKey: publicNkeyOf(role, privateKeyOfSeed(role, seed)) };
}

async function writeNewFile(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error) => {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    throw new AppError('ALREADY_EXISTS', `write key of the bus ${path}: it exists`, {
      cause: error,
      details: { path },
    });
  });
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

function mapKeys(make: (file: (typeof files)[keyof BusKeys]) => BusKey): BusKeys {
  return Object.fromEntries(entriesOf(files).map(([which, file]) => [which, make(file)])) as unknown as BusKeys;
}

function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): readonly [K, V][] {
  return Object.entries(record) as [K, V][];
}
