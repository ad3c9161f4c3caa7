/** What is kept of a revoked certificate until its validity ends: the values of the bucket `revocations`. */

import { type AuthorityName, authorityNames } from '@easycerts/cluster';
import { AppError, hourMs } from '@easycerts/core';
import { parseStoredJson } from './stored-json.ts';

/**
 * Why: its host has left by itself, was removed by a master or replaced by another machine, its automation was ended, or this
 * one certificate was revoked on request.
 */
export const revocationReasons = [
  'host-left',
  'host-removed',
  'host-replaced',
  'automation-revoked',
  'requested',
] as const;
export type RevocationReason = (typeof revocationReasons)[number];

export interface Revocation {
  readonly serial: string;
  /** Host (or `automation/<name>`) it was issued to, and its name in the certificate list. */
  readonly host: string;
  readonly name: string;
  readonly authority: AuthorityName;
  /** SHA-256 of the certificate, lowercase hexadecimal: by this nats-server knows the certificate of a connection. */
  readonly fingerprint: string;
  readonly notAfterMs: number;
  readonly revokedAtMs: number;
  readonly reason: RevocationReason;
}

/** Clocks may differ: an expired certificate is remembered a little longer than it is valid. */
const marginMs = hourMs;

/** Whether nobody can use the certificate any more, revoked or not. */
export function isOver({ notAfterMs }: Pick<Revocation, 'notAfterMs'>, now: Date): boolean {
  return notAfterMs + marginMs <= now.getTime();
}

/** The value in the bucket: JSON. */
export function encodeRevocation(revocation: Revocation): Uint8Array {
  const { serial, host, name, authority, fingerprint, notAfterMs, revokedAtMs, reason } = revocation;
  return Buffer.from(JSON.stringify({ serial, host, name, authority, fingerprint, notAfterMs, revokedAtMs, reason }));
}

/** Reads a value of the bucket. AppError DAMAGED when it is not whole: its key, the serial number, counts all the same. */
export function decodeRevocation(key: string, value: Uint8Array): Revocation {
  const found = parseStoredJson(value);
  if (typeof found !== 'object' || found === null) throw damaged(key, 'not JSON of an object');
  const fields = found as Readonly<Record<string, unknown>>;
  const text = (field: string, pattern: RegExp): string => {
    const at = fields[field];
    if (typeof at === 'string' && pattern.test(at)) return at;
    throw damaged(key, `${field} is missing or wrong`);
  };
  const time = (field: string): number => {
    const at = fields[field];
    if (typeof at === 'number' && Number.isSafeInteger(at)) return at;
    throw damaged(key, `${field} is missing or wrong`);
  };
  const authority = authorityNames.find((name) => name === fields.authority);
  const reason = revocationReasons.find((known) => known === fields.reason);
  if (authority === undefined) throw damaged(key, 'authority is missing or wrong');
  if (reason === undefined) throw damaged(key, 'reason is missing or wrong');
  const serial = text('serial', /^[1-9a-f][0-9a-f]{0,39}$/);
  if (serial !== key) throw damaged(key, 'another serial number');
  return {
    serial,
    host: text('host', /^(automation\/)?[a-z0-9-]{1,63}$/),
    name: text('name', /^[a-z0-9-]{1,63}$/),
    authority,
    fingerprint: text('fingerprint', /^[0-9a-f]{64}$/),
    notAfterMs: time('notAfterMs'),
    revokedAtMs: time('revokedAtMs'),
    reason,
  };
}

function damaged(key: string, why: string): AppError {
  return new AppError('DAMAGED', `read revocation ${JSON.stringify(key.slice(0, 80))}: ${why}`, {
    details: { cure: 'the certificate stays revoked; restore the store of the bus from a backup of this master' },
  });
}
