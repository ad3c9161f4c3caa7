/** The secret of a join token: only its SHA-256 is kept. 32 random bytes need no slow hash. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { TokenRecord } from './token-record.ts';

/** What is kept of a secret: SHA-256, lowercase hexadecimal. */
export function secretHashOf(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Of nobody's secret: stands in for the hash of a token that does not exist. */
const nobodys = Buffer.alloc(32);

/**
 * The token when there is one and the secret is its; undefined otherwise. Both ways of being wrong are one: the same work,
 * in the same time, with the same answer.
 */
export function provenToken(record: TokenRecord | undefined, secret: Uint8Array): TokenRecord | undefined {
  const kept = record === undefined ? nobodys : Buffer.from(record.secretHash, 'hex');
  const isRight = timingSafeEqual(createHash('sha256').update(secret).digest(), kept);
  return isRight ? record : undefined;
}
