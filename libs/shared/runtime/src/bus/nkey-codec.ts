/** NATS keys as text: Ed25519 keys in base32 with a role letter and a CRC (github.com/nats-io/nkeys, README "Encoding"). */

import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { AppError } from '@easycerts/core';

/** What a key stands for; the first letter of its text. */
export type NkeyRole = 'user' | 'account' | 'server';

const prefixOf: Readonly<Record<NkeyRole, number>> = { user: 20 << 3, account: 0, server: 13 << 3 };
const seedPrefix = 18 << 3;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** ASN.1 around a raw Ed25519 key (RFC 8410 §4 and §7). */
const spkiHeader = Buffer.from('302a300506032b6570032100', 'hex');
const pkcs8Header = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The text of a public key, such as `UABC…`. */
export function encodePublicNkey(role: NkeyRole, raw: Uint8Array): string {
  return withChecksum(Buffer.from([prefixOf[role]]), raw);
}

/** The text of a seed, such as `SUABC…`: the secret form. */
export function encodeSeed(role: NkeyRole, raw: Uint8Array): string {
  const prefix = prefixOf[role];
  return withChecksum(Buffer.from([seedPrefix | (prefix >> 5), (prefix & 31) << 3]), raw);
}

/** The public key behind its text. AppError INVALID_INPUT when the text is not a public key of that role. */
export function publicKeyOfNkey(role: NkeyRole, text: string): KeyObject {
  const body = decodeText(text, 33, 'public key');
  if (body[0] !== prefixOf[role]) throw notAKey(`public key of a ${role}`);
  return createPublicKey({ key: Buffer.concat([spkiHeader, body.subarray(1)]), format: 'der', type: 'spki' });
}

/** The private key behind a seed. AppError INVALID_INPUT when the text is not a seed of that role; it is never quoted. */
export function privateKeyOfSeed(role: NkeyRole, text: string): KeyObject {
  const body = decodeText(text, 34, 'seed');
  const prefix = prefixOf[role];
  if (body[0] !== (seedPrefix | (prefix >> 5)) || body[1] !== (prefix & 31) << 3) throw notAKey(`seed of a ${role}`);
  return createPrivateKey({ key: Buffer.concat([pkcs8Header, body.subarray(2)]), format: 'der', type: 'pkcs8' });
}

/** The text of the public key that belongs to a private one. */
export function publicNkeyOf(role: NkeyRole, privateKey: KeyObject): string {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return encodePublicNkey(role, spki.subarray(spkiHeader.length));
}

function withChecksum(prefix: Uint8Array, raw: Uint8Array): string {
  const body = Buffer.concat([prefix, raw, Buffer.alloc(2)]);
  body.writeUInt16LE(crc16(body.subarray(0, -2)), body.length - 2);
  return encodeBase32(body);
}

function decodeText(text: string, length: number, what: string): Buffer {
  const bytes = decodeBase32(text);
  if (bytes?.length !== length + 2) throw notAKey(what);
  const body = bytes.subarray(0, length);
  if (bytes.readUInt16LE(length) !== crc16(body)) throw notAKey(what);
  return body;
}

function notAKey(what: string): AppError {
  return new AppError('INVALID_INPUT', `read NATS key: not a ${what}`, {
    details: { cure: 'restore the key file from a backup of this master' },
  });
}

/** Base32 of RFC 4648 §6 without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(value >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + alphabet[(value << (5 - bits)) & 31];
}

function decodeBase32(text: string): Buffer | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    const digit = alphabet.indexOf(letter);
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 255);
    }
  }
  return Buffer.from(bytes);
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
