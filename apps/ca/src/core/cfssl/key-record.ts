/** What the bucket `cfssl-keys` says about the key of a host for one profile: everything but the key. */

import { isHostName } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { isCount, isObject, parseStoredJson } from '../stored-json.ts';

export interface CfsslKeyRecord {
  readonly host: string;
  readonly profile: string;
  /** Counts up with each key that is made for this host and profile. */
  readonly generation: number;
  readonly createdAtMs: number;
  /** Until then the key of the generation before is accepted too, as cfssl's `prev_auth_key`; 0: it is not. */
  readonly previousUntilMs: number;
  /** 0: it is not revoked. */
  readonly revokedAtMs: number;
}

export type CfsslKeyState = 'valid' | 'rolling' | 'revoked';

export function keyStateOf({ revokedAtMs, previousUntilMs }: CfsslKeyRecord, now: Date): CfsslKeyState {
  if (revokedAtMs > 0) return 'revoked';
  return previousUntilMs > now.getTime() ? 'rolling' : 'valid';
}

/** The generations whose keys are accepted, the newest first. */
export function acceptedGenerations(record: CfsslKeyRecord, now: Date): readonly number[] {
  const { generation } = record;
  switch (keyStateOf(record, now)) {
    case 'revoked':
      return [];
    case 'rolling':
      return [generation, generation - 1];
    case 'valid':
      return [generation];
  }
}

/** The key of the bucket. */
export function keyRecordName({ host, profile }: Pick<CfsslKeyRecord, 'host' | 'profile'>): string {
  return `${host}.${profile}`;
}

/** The record after a key is made: the first one, or the next after a revoked one, whose generation never comes back. */
export function createdKey(
  found: CfsslKeyRecord | undefined,
  wanted: Pick<CfsslKeyRecord, 'host' | 'profile'> & { readonly now: Date },
): CfsslKeyRecord {
  const { host, profile, now } = wanted;
  const generation = (found?.generation ?? 0) + 1;
  return { host, profile, generation, createdAtMs: now.getTime(), previousUntilMs: 0, revokedAtMs: 0 };
}

/** The record after a key is replaced; the one before stays for the overlap. */
export function rotatedKey(found: CfsslKeyRecord, now: Date, overlapMs: number): CfsslKeyRecord {
  const createdAtMs = now.getTime();
  const previousUntilMs = overlapMs === 0 ? 0 : createdAtMs + overlapMs;
  return { ...found, generation: found.generation + 1, createdAtMs, previousUntilMs };
}

export function revokedKey(found: CfsslKeyRecord, now: Date): CfsslKeyRecord {
  return found.revokedAtMs > 0 ? found : { ...found, previousUntilMs: 0, revokedAtMs: now.getTime() };
}

export const profilePattern = /^[A-Za-z0-9_-]{1,63}$/;

export function encodeKeyRecord(record: CfsslKeyRecord): Uint8Array {
  const { host, profile, generation, createdAtMs, previousUntilMs, revokedAtMs } = record;
  return Buffer.from(JSON.stringify({ host, profile, generation, createdAtMs, previousUntilMs, revokedAtMs }));
}

/** Reads a value of the bucket. AppError DAMAGED when it is not exactly that: half a record lets nobody in. */
export function decodeKeyRecord(name: string, value: Uint8Array): CfsslKeyRecord {
  const found = parseStoredJson(value);
  if (!isObject(found)) throw damaged(name, 'not JSON of an object');
  const { host, profile, generation, createdAtMs, previousUntilMs, revokedAtMs } = found;
  if (typeof host !== 'string' || !isHostName(host)) throw damaged(name, 'no host');
  if (typeof profile !== 'string' || !profilePattern.test(profile)) throw damaged(name, 'no profile');
  if (keyRecordName({ host, profile }) !== name) throw damaged(name, 'of another host or profile');
  if (!isCount(generation) || generation === 0) throw damaged(name, 'no generation');
  if (!isCount(createdAtMs) || !isCount(previousUntilMs) || !isCount(revokedAtMs))
    throw damaged(name, 'a time is missing');
  return { host, profile, generation, createdAtMs, previousUntilMs, revokedAtMs };
}

function damaged(name: string, why: string): AppError {
  return new AppError('DAMAGED', `read cfssl key ${JSON.stringify(name.slice(0, 140))}: ${why}`, {
    details: { cure: 'make the key again: `ca cfssl-key create`' },
  });
}
