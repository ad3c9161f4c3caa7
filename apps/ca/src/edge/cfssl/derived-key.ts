/**
 * The HMAC keys of cfssl's clients: derived from one secret of the CA, so that neither the bus nor a backup of it has any.
 * 16 bytes, for NixOS's join script takes exactly 32 hexadecimal digits.
 */

import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { CfsslKeyRecord } from '../../core/cfssl/key-record.ts';

export const masterSecretBytes = 32;
const keyBytes = 16;

export type KeyId = Pick<CfsslKeyRecord, 'host' | 'profile' | 'generation'>;

/** The key of a host for a profile. Another host, profile or generation has another one that says nothing of this. */
export function deriveKey(secret: KeyObject, { host, profile, generation }: KeyId): KeyObject {
  const hmac = createHmac('sha256', secret).update('easycerts cfssl key 1');
  // Lengths keep the parts apart.
  for (const part of [host, profile, String(generation)]) hmac.update(`${part.length}:${part}`);
  return createSecretKey(hmac.digest().subarray(0, keyBytes));
}

/** As cfssl and NixOS take it. */
export function keyText(key: KeyObject): string {
  return key.export().toString('hex');
}

/** Whether a token is of these bytes and this key (auth/auth.go of cfssl, provider `standard`). */
export function isTokenOf(key: KeyObject, { token, request }: { token: Uint8Array; request: Uint8Array }): boolean {
  const expected = createHmac('sha256', key).update(request).digest();
  return token.length === expected.length && timingSafeEqual(token, expected);
}
