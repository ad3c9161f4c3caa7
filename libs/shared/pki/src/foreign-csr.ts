/** Writes certification requests (RFC 2986) that other people's specs ask for: any subject attributes, names and keys. */

import { type KeyObject, sign } from 'node:crypto';
import { malformed } from './der.ts';
import { bitString, type Encoded, element, oidElement, textElement } from './der-encode.ts';
import type { SubjectAttribute } from './distinguished-name.ts';
import { addressElement, attribute, encodedOid, extension } from './name-encode.ts';
import { oid } from './oids.ts';
import { spkiOf } from './public-key.ts';
import { type SignatureAlgorithm, signatureAlgorithms } from './signature-algorithms.ts';

export interface ForeignNames {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
  readonly email: readonly string[];
  readonly uri: readonly string[];
}

export interface ForeignCsrRequest {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** In the order of the request. */
  readonly subject: readonly SubjectAttribute[];
  readonly names: ForeignNames;
}

/** Makes and signs a request, DER. AppError INVALID_INPUT for a key that no request can be signed with. */
export function createForeignCsr({ privateKey, publicKey, subject, names }: ForeignCsrRequest): Uint8Array {
  const { hash, der } = signatureOf(publicKey);
  const toBeSigned = element(
    0x30,
    element(0x02, Buffer.from([0])),
    element(0x30, ...subject.map(({ type, value }) => element(0x31, attribute(type, value)))),
    spkiOf(publicKey),
    element(0xa0, ...extensionRequest(names)),
  );
  return element(0x30, toBeSigned, der, bitString(sign(hash, toBeSigned, privateKey)));
}

function extensionRequest({ dns, ip, email, uri }: ForeignNames): readonly Encoded[] {
  const members = [
    ...dns.map((name) => textElement(0x82, name)),
    ...email.map((name) => textElement(0x81, name)),
    ...ip.map(addressElement),
    ...uri.map((name) => textElement(0x86, name)),
  ];
  if (members.length === 0) return [];
  const extensions = element(0x30, extension(oid.subjectAltName, element(0x30, ...members)));
  return [element(0x30, encodedOid(oid.extensionRequest), element(0x31, extensions))];
}

/** By the curve; the largest and Ed25519 only certmgr's specs may ask for. */
const ecdsaOf: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: signatureAlgorithms['ecdsa-p256'],
  secp384r1: signatureAlgorithms['ecdsa-p384'],
  secp521r1: { hash: 'sha512', der: element(0x30, oidElement(oid.ecdsaWithSha512)) },
};

function signatureOf(publicKey: KeyObject): { readonly hash: string | null; readonly der: Encoded } {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  if (type === 'rsa') return signatureAlgorithms['rsa-2048'];
  if (type === 'ed25519') return { hash: null, der: element(0x30, oidElement(oid.ed25519)) };
  const ecdsa = type === 'ec' ? ecdsaOf[details?.namedCurve ?? ''] : undefined;
  if (ecdsa === undefined) throw malformed(`make CSR: no signature with a key of type ${type ?? 'unknown'}`);
  return ecdsa;
}
