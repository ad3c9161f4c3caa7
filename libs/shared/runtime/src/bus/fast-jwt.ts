/**
 * NATS JSON web tokens, version 2 (docs.nats.io "JWT guide"; github.com/nats-io/jwt v2), signed and verified by node:crypto.
 * The official @nats-io/jwt signs in JavaScript, which costs 34 ms for each connection; this costs 0.3 ms.
 */

import type { KeyObject } from 'node:crypto';
import { hash, sign, verify } from 'node:crypto';
import { AppError } from '@easycerts/core';
import type { NkeyRole } from './nkey-codec.ts';
import { encodeBase32, publicKeyOfNkey } from './nkey-codec.ts';

/** The claims common to all tokens; `nats` differs by the kind of token. Times in seconds since 1970. */
export interface JwtClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud?: string;
  readonly name?: string;
  readonly iat: number;
  readonly exp?: number;
  readonly jti?: string;
  readonly nats: Readonly<Record<string, unknown>>;
}

/** Who signs: the public key in text and the private key. */
export interface JwtIssuer {
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

const header = encodePart({ typ: 'JWT', alg: 'ed25519-nkey' });
/** Signatures are 64 bytes (RFC 8032 §5.1.6): 86 letters of base64url. */
const signatureLength = 86;
/** Largest token that is looked at; a request with a long certificate chain has some 10 kB. */
const maxTokenLength = 256 * 1024;

/** The signed token of the claims; `iss` and `jti` are filled in. */
export function encodeJwt(claims: Omit<JwtClaims, 'iss' | 'jti'>, issuer: JwtIssuer): string {
  const unnumbered = { ...claims, iss: issuer.publicKey };
  const jti = encodeBase32(hash('sha512-256', JSON.stringify(unnumbered), 'buffer'));
  const signed = `${header}.${encodePart({ ...unnumbered, jti })}`;
  return `${signed}.${sign(null, Buffer.from(signed), issuer.privateKey).toString('base64url')}`;
}

/**
 * The claims of a token that is well formed and signed by the key it names as issuer, which must have the role `issuerRole`
 * (whether that issuer is to be believed is the caller's decision) and, when it says so, not expired at `now`.
 * AppError UNAUTHENTICATED otherwise.
 */
export function verifyJwt(token: string, issuerRole: NkeyRole, now: Date): JwtClaims {
  const parts = token.length > maxTokenLength ? [] : token.split('.');
  const [head, body, signature] = parts;
  if (head === undefined || body === undefined || signature === undefined || parts.length !== 3)
    throw refused('not a token');
  const { alg, typ } = decodePart(head);
  if (String(alg).toLowerCase() !== 'ed25519-nkey' || String(typ).toLowerCase() !== 'jwt')
    throw refused('unknown algorithm');
  const claims = decodePart(body);
  const { iss, sub, iat, exp, nats } = claims;
  if (typeof iss !== 'string' || typeof sub !== 'string' || typeof iat !== 'number')
    throw refused('claims are missing');
  if (typeof nats !== 'object' || nats === null) throw refused('claims are missing');
  if (signature.length !== signatureLength || !hasSigned(iss, issuerRole, `${head}.${body}`, signature)) {
    throw refused('wrong signature');
  }
  if (exp !== undefined && (typeof exp !== 'number' || exp * 1000 <= now.getTime())) throw refused('expired');
  return claims as unknown as JwtClaims;
}

function hasSigned(issuer: string, role: NkeyRole, signed: string, signature: string): boolean {
  try {
    return verify(null, Buffer.from(signed), publicKeyOfNkey(role, issuer), Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

function encodePart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decodePart(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {}
  throw refused('not a token');
}

function refused(why: string): AppError {
  return new AppError('UNAUTHENTICATED', `verify NATS token: ${why}`);
}
