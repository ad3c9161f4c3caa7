/**
 * The join token: one line that lets a machine become a host of a cluster, `ect1.<payload>.<checksum>`.
 *
 * The payload is base64url (RFC 4648 section 5) of JSON; the checksum is the beginning of its SHA-256 and recognises a cut or
 * mistyped token before anything is sent. The pin is of the public key of the easycerts CA (SHA-256 of the
 * SubjectPublicKeyInfo, RFC 7469 section 2.4), so that the machine trusts nobody else on first use.
 */

import { createHash } from 'node:crypto';
import { AppError } from '@easycerts/core';

export interface JoinToken {
  /** `host:port` of the CA's enrolment, the one to try first first. */
  readonly endpoints: readonly string[];
  /** Public: names the token in lists and events. 12 lowercase hexadecimal digits. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** SHA-256 of the SubjectPublicKeyInfo of the easycerts CA, lowercase hexadecimal. */
  readonly pin: string;
}

export const joinTokenSecretBytes = 32;

const prefix = 'ect1';
const checksumLength = 8;
/** Far above any real one; what is longer is not looked at. */
const maxLength = 4_096;
const idPattern = /^[0-9a-f]{12}$/;
const pinPattern = /^[0-9a-f]{64}$/;
const endpointPattern = /^(\[[0-9a-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253}):([1-9]\d{0,4})$/;
const maxEndpoints = 16;

/** The line, without a line feed. AppError INVALID_INPUT when a field cannot stand in a token. */
export function encodeJoinToken(token: JoinToken): string {
  const problem = problemOf(token);
  if (problem !== undefined) throw new AppError('INVALID_INPUT', `make a join token: ${problem}`);
  const { endpoints, id, secret, pin } = token;
  const fields = { e: endpoints, i: id, s: Buffer.from(secret).toString('base64url'), p: hexToBase64Url(pin) };
  const payload = Buffer.from(JSON.stringify(fields)).toString('base64url');
  return `${prefix}.${payload}.${checksumOf(payload)}`;
}

/** Reads a token; white space around it does not matter. AppError INVALID_INPUT (details.reason `malformed`) otherwise. */
export function parseJoinToken(text: string): JoinToken {
  const line = text.trim();
  if (line === '') throw refused('it is empty');
  if (line.length > maxLength) throw refused('it is too long');
  if (/\s/.test(line)) throw refused('it has more than one line or word');
  const [head, payload, checksum, ...more] = line.split('.');
  if (head !== prefix) throw refused(`it does not begin with ${prefix}.`);
  if (payload === undefined || checksum === undefined || more.length > 0 || checksum !== checksumOf(payload)) {
    throw refused('it was cut or mistyped');
  }
  const token = tokenOf(payload);
  if (token === undefined || problemOf(token) !== undefined) throw refused('this version cannot read it');
  return token;
}

function tokenOf(payload: string): JoinToken | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof fields !== 'object' || fields === null) return undefined;
  const { e, i, s, p } = fields as Readonly<Record<string, unknown>>;
  if (!Array.isArray(e) || typeof i !== 'string' || typeof s !== 'string' || typeof p !== 'string') return undefined;
  const endpoints = e.filter((one): one is string => typeof one === 'string');
  if (endpoints.length !== e.length) return undefined;
  const secret = new Uint8Array(Buffer.from(s, 'base64url'));
  return Object.freeze({
    endpoints: Object.freeze(endpoints),
    id: i,
    secret,
    pin: Buffer.from(p, 'base64url').toString('hex'),
  });
}

function problemOf({ endpoints, id, secret, pin }: JoinToken): string | undefined {
  if (endpoints.length === 0 || endpoints.length > maxEndpoints) return 'no endpoints, or too many';
  if (!endpoints.every(isEndpoint)) return 'an endpoint is not host:port';
  if (!idPattern.test(id)) return 'the id is not 12 hexadecimal digits';
  if (secret.length !== joinTokenSecretBytes) return `the secret has not ${joinTokenSecretBytes} bytes`;
  return pinPattern.test(pin) ? undefined : 'the pin is not a SHA-256';
}

function isEndpoint(text: string): boolean {
  const port = endpointPattern.exec(text)?.[2];
  return port !== undefined && Number(port) <= 65_535;
}

function checksumOf(payload: string): string {
  return createHash('sha256').update(`${prefix}.${payload}`).digest('hex').slice(0, checksumLength);
}

function hexToBase64Url(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url');
}

/** Never says any part of the token: messages end in logs. */
function refused(why: string): AppError {
  return new AppError('INVALID_INPUT', `the join token cannot be used: ${why}`, {
    details: { reason: 'malformed', cure: 'copy the whole line that `ca token create` printed on the master' },
  });
}
