/** Writes certification requests (RFC 2986) that other people's specs ask for: any subject attributes, names and keys. */

import { type KeyObject, sign } from 'node:crypto';
import { parseIp } from '@easycerts/cluster';
import { malformed } from './der.ts';
import { bitString, type Encoded, element, oidElement, textElement } from './der-encode.ts';
import type { SubjectAttribute } from './distinguished-name.ts';
import { oid } from './oids.ts';
import { spkiOf } from './public-key.ts';

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
  const { digest, algorithm } = signatureOf(publicKey);
  const toBeSigned = element(
    0x30,
    element(0x02, Buffer.from([0])),
    element(0x30, ...subject.map(relativeName)),
    spkiOf(publicKey),
    element(0xa0, ...extensionRequest(names)),
  );
  return element(0x30, toBeSigned, algorithm, bitString(sign(digest, toBeSigned, privateKey)));
}

function relativeName({ type, value }: SubjectAttribute): Encoded {
  const tag = isPrintable(value) ? 0x13 : 0x0c;
  return element(0x31, element(0x30, oidElement(type), textElement(tag, value)));
}

/** Go writes PrintableString wherever it fits; a country must be one (RFC 5280 appendix A). */
function isPrintable(value: string): boolean {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value);
}

function extensionRequest({ dns, ip, email, uri }: ForeignNames): readonly Encoded[] {
  const members = [
    ...dns.map((name) => textElement(0x82, name)),
    ...email.map((name) => textElement(0x81, name)),
    ...ip.map((address) => element(0x87, addressOctets(address))),
    ...uri.map((name) => textElement(0x86, name)),
  ];
  if (members.length === 0) return [];
  const extension = element(0x30, oidElement(oid.subjectAltName), element(0x04, element(0x30, ...members)));
  return [element(0x30, oidElement(oid.extensionRequest), element(0x31, element(0x30, extension)))];
}

function addressOctets(text: string): Encoded {
  const address = parseIp(text);
  if (address === undefined) throw malformed(`alternative name ${JSON.stringify(text)}: not an IP address`);
  return Buffer.from(address.value.toString(16).padStart(address.family === 4 ? 8 : 32, '0'), 'hex');
}

const none = element(0x05);
const ecdsaOf: Readonly<Record<string, { readonly digest: string; readonly oid: string }>> = {
  prime256v1: { digest: 'sha256', oid: oid.ecdsaWithSha256 },
  secp384r1: { digest: 'sha384', oid: oid.ecdsaWithSha384 },
  secp521r1: { digest: 'sha512', oid: oid.ecdsaWithSha512 },
};

function signatureOf(publicKey: KeyObject): { readonly digest: string | null; readonly algorithm: Encoded } {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  if (type === 'rsa') return { digest: 'sha256', algorithm: element(0x30, oidElement(oid.sha256WithRsa), none) };
  if (type === 'ed25519') return { digest: null, algorithm: element(0x30, oidElement(oid.ed25519)) };
  const ecdsa = type === 'ec' ? ecdsaOf[details?.namedCurve ?? ''] : undefined;
  if (ecdsa === undefined) throw malformed(`make CSR: no signature with a key of type ${type ?? 'unknown'}`);
  return { digest: ecdsa.digest, algorithm: element(0x30, oidElement(ecdsa.oid)) };
}
