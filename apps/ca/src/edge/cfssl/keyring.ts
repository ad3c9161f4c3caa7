/**
 * Whose key a request was made with. It does not say so: the key is looked for among those of the profile, first the one that
 * the same address used before. A HMAC takes about 2 µs, so a thousand hosts cost a wrong token 2 ms.
 */

import type { KeyObject } from 'node:crypto';
import { acceptedGenerations, type CfsslKeyRecord } from '../../core/cfssl/key-record.ts';
import type { AuthenticatedRequest } from '../../core/cfssl/sign-request.ts';
import { deriveKey, isTokenOf, type KeyId } from './derived-key.ts';

export interface KeySearch {
  readonly request: AuthenticatedRequest;
  readonly profile: string;
  /** Where it comes from. */
  readonly source: string;
  readonly now: Date;
}

export interface Keyring {
  /** The record of the key; undefined: no accepted key made this token. */
  holderOf(search: KeySearch): CfsslKeyRecord | undefined;
}

export interface KeyRecords {
  ofProfile(profile: string): Iterable<CfsslKeyRecord>;
  find(host: string, profile: string): CfsslKeyRecord | undefined;
}

/** Remembered at most, about 200 bytes each; then all is forgotten and learnt again. */
const maxRemembered = 20_000;

/** The keys that follow from a secret. `records` is asked at each search: it follows the bus. */
export function createKeyring(secret: KeyObject, records: () => KeyRecords | undefined): Keyring {
  const derived = new Map<string, KeyObject>();
  const lastOf = new Map<string, string>();
  const keyOf = (id: KeyId): KeyObject => {
    const name = `${id.host}.${id.profile}.${id.generation}`;
    const known = derived.get(name);
    if (known !== undefined) return known;
    const key = deriveKey(secret, id);
    remember(derived, name, key);
    return key;
  };
  const isHolder = (record: CfsslKeyRecord, { request, now }: KeySearch): boolean =>
    acceptedGenerations(record, now).some((generation) => isTokenOf(keyOf({ ...record, generation }), request));
  return {
    holderOf(search) {
      const { source, profile } = search;
      const place = `${source}/${profile}`;
      const known = records();
      const lastHost = lastOf.get(place);
      const last = lastHost === undefined ? undefined : known?.find(lastHost, profile);
      if (last !== undefined && isHolder(last, search)) return last;
      for (const record of known?.ofProfile(profile) ?? []) {
        if (record === last || !isHolder(record, search)) continue;
        remember(lastOf, place, record.host);
        return record;
      }
      return undefined;
    },
  };
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= maxRemembered) map.clear();
  map.set(key, value);
}
