/** A CRL as the endpoints answer it. */

import { dayMs } from '@easycerts/core';
import { type Authority, createCrl, type RevokedSerial } from '@easycerts/pki';

/** As cfssl's. */
export const defaultCrlLifetimeMs = 7 * dayMs;

/** Base64 of its DER. */
export function signedCrl(crl: {
  readonly authority: Authority;
  readonly revoked: readonly RevokedSerial[];
  readonly now: Date;
  readonly lifetimeMs: number;
}): string {
  const { authority, revoked, now, lifetimeMs } = crl;
  const nextUpdate = new Date(now.getTime() + lifetimeMs);
  // Time only goes up, so the number does (RFC 5280 §5.2.3).
  const number = now.getTime().toString(16);
  const der = createCrl({ authority, revoked, number, thisUpdate: now, nextUpdate });
  return Buffer.from(der).toString('base64');
}
