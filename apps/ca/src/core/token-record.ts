/**
 * What is kept of a join token, and how it changes. Of the secret only the SHA-256 is there.
 *
 *   VALID ──use──▶ VALID (uses left) ──last use──▶ USED
 *     ├──time──▶ EXPIRED
 *     └──revoke──▶ REVOKED (from every state)
 *
 * What has ended stays for a month, so that lists and refusals can say why.
 */

import { isHostName, type Role, roles } from '@easycerts/cluster';
import { AppError, dayMs } from '@easycerts/core';
import { parseStoredJson } from './stored-json.ts';

export const tokenStates = ['valid', 'used', 'expired', 'revoked'] as const;
export type TokenState = (typeof tokenStates)[number];

/** One host that came in with the token. */
export interface TokenUse {
  readonly host: string;
  /** Identifies the request, see requestHashOf: the same one finds its use again. */
  readonly requestHash: string;
  /** Reserved for the host identity before it is signed. */
  readonly serial: string;
  readonly atMs: number;
}

export interface TokenRecord {
  /** 12 lowercase hexadecimal digits. */
  readonly id: string;
  /** SHA-256, lowercase hexadecimal. */
  readonly secretHash: string;
  readonly role: Role;
  /** The only name that may enrol with it; absent: any that is free. */
  readonly host?: string;
  readonly uses: number;
  readonly note: string;
  /** Of the host, beside the one that the CA sees; canonical text. */
  readonly addresses: readonly string[];
  /** The master on which it was made. */
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs?: number;
  readonly usedBy: readonly TokenUse[];
}

/** How long after its end a token is remembered. */
export const rememberedMs = 30 * dayMs;

/** The state at `now`. A token that was used up says so, also after its time. */
export function tokenStateOf({ revokedAtMs, usedBy, uses, expiresAtMs }: TokenRecord, now: Date): TokenState {
  if (revokedAtMs !== undefined) return 'revoked';
  if (usedBy.length >= uses) return 'used';
  return now.getTime() >= expiresAtMs ? 'expired' : 'valid';
}

/** Whether nobody needs to know of the token any more. */
export function isForgettable(record: TokenRecord, now: Date): boolean {
  if (tokenStateOf(record, now) === 'valid') return false;
  const lastUseMs = Math.max(0, ...record.usedBy.map(({ atMs }) => atMs));
  const endedAtMs = record.revokedAtMs ?? (record.usedBy.length >= record.uses ? lastUseMs : record.expiresAtMs);
  return now.getTime() - endedAtMs > rememberedMs;
}

/** The use that the request has made of the token before; undefined: none. */
export function useOf({ usedBy }: TokenRecord, requestHash: string): TokenUse | undefined {
  return usedBy.find((use) => use.requestHash === requestHash);
}

/** The token after one more use. Whether it may be used is decided elsewhere, see enrolment-checks.ts. */
export function withUse(record: TokenRecord, use: TokenUse): TokenRecord {
  return { ...record, usedBy: [...record.usedBy, use] };
}

/** The token after its revocation; the first one counts. */
export function revoked(record: TokenRecord, now: Date): TokenRecord {
  return record.revokedAtMs === undefined ? { ...record, revokedAtMs: now.getTime() } : record;
}

/** The value in the bucket: JSON. */
export function encodeToken(record: TokenRecord): Uint8Array {
  const { id, secretHash, role, host, uses, note, addresses, createdBy, createdAtMs, expiresAtMs, revokedAtMs } =
    record;
  const usedBy = record.usedBy.map(({ host: name, requestHash, serial, atMs }) => ({
    host: name,
    requestHash,
    serial,
    atMs,
  }));
  const times = { createdAtMs, expiresAtMs, revokedAtMs };
  return Buffer.from(
    JSON.stringify({ id, secretHash, role, host, uses, note, addresses, createdBy, ...times, usedBy }),
  );
}

/** Reads a value of the bucket. AppError DAMAGED when it is not exactly that: half a token lets nobody in. */
export function decodeToken(id: string, value: Uint8Array): TokenRecord {
  const found = objectOf(parseStoredJson(value), id);
  const text = (field: string, pattern: RegExp): string => {
    const item = found[field];
    return typeof item === 'string' && pattern.test(item) ? item : fail(id, field);
  };
  const count = (field: string): number => countOf(found, field, id);
  if (text('id', /^[0-9a-f]{12}$/) !== id) fail(id, 'id');
  const role = roles.find((candidate) => candidate === found.role) ?? fail(id, 'role');
  const { host, revokedAtMs, addresses, usedBy } = found;
  if (host !== undefined && (typeof host !== 'string' || !isHostName(host))) fail(id, 'host');
  if (!Array.isArray(addresses) || !addresses.every((item) => typeof item === 'string')) fail(id, 'addresses');
  if (!Array.isArray(usedBy)) fail(id, 'usedBy');
  return {
    id,
    secretHash: text('secretHash', /^[0-9a-f]{64}$/),
    role,
    ...(typeof host === 'string' ? { host } : {}),
    uses: count('uses'),
    note: text('note', /^[^\0]{0,200}$/u),
    addresses,
    createdBy: text('createdBy', /^[a-z0-9-]{1,63}$/),
    createdAtMs: count('createdAtMs'),
    expiresAtMs: count('expiresAtMs'),
    ...(revokedAtMs === undefined ? {} : { revokedAtMs: count('revokedAtMs') }),
    usedBy: usedBy.map((use) => decodeUse(id, use)),
  };
}

function decodeUse(id: string, value: unknown): TokenUse {
  const found = objectOf(value, id);
  const { host, requestHash, serial } = found;
  if (typeof host !== 'string' || !isHostName(host)) fail(id, 'host of a use');
  if (typeof requestHash !== 'string' || !/^[0-9a-f]{32}$/.test(requestHash)) fail(id, 'requestHash of a use');
  if (typeof serial !== 'string' || !/^[1-9a-f][0-9a-f]{0,39}$/.test(serial)) fail(id, 'serial of a use');
  return { host, requestHash, serial, atMs: countOf(found, 'atMs', id) };
}

function countOf(found: Readonly<Record<string, unknown>>, field: string, id: string): number {
  const item = found[field];
  return typeof item === 'number' && Number.isSafeInteger(item) && item > 0 ? item : fail(id, field);
}

function objectOf(value: unknown, id: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(id, 'a record');
  return value as Readonly<Record<string, unknown>>;
}

function fail(id: string, field: string): never {
  throw new AppError('DAMAGED', `read token ${JSON.stringify(id.slice(0, 40))}: ${field} is missing or wrong`, {
    details: { cure: 'make a new token: `ca token create`' },
  });
}
