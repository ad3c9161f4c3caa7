/** Certification requests as an attacker writes them: every part can be replaced, and the signature still be right. */

import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bits, bool, type Der, int, nul, octets, oidDer, seq, set, tlv, utf8 } from './der-writer.ts';

export interface CsrParts {
  readonly key?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly subject?: Der;
  readonly spki?: Der;
  readonly version?: Der;
  readonly extensions?: readonly Der[];
  /** All attributes, in place of the extension request. */
  readonly attributes?: readonly Der[];
  readonly hash?: string;
  readonly signatureAlgorithm?: Der;
  readonly signature?: Der;
}

/** A request with these parts; the others are those of a good request for `CN=n1` with the DNS name `n1`. */
export function writeHostileCsr(parts: CsrParts = {}): Uint8Array {
  const key = parts.key ?? ecKey();
  const spki = parts.spki ?? key.publicKey.export({ type: 'spki', format: 'der' });
  const extensions = parts.extensions ?? [sanExtension(dnsName('n1'))];
  const attributes = parts.attributes ?? [extensionRequest(...extensions)];
  const toBeSigned = seq(
    parts.version ?? int(0),
    parts.subject ?? nameDer(['2.5.4.3', utf8('n1')]),
    spki,
    tlv(0xa0, ...attributes),
  );
  const hash = parts.hash ?? 'sha256';
  const isRsa = key.privateKey.asymmetricKeyType === 'rsa';
  const algorithm = parts.signatureAlgorithm ?? signatureAlgorithm(hash, isRsa);
  const signature = parts.signature ?? bits(sign(hash, toBeSigned, key.privateKey));
  return new Uint8Array(seq(toBeSigned, algorithm, signature));
}

/** A Name of relative names with one attribute each. */
export function nameDer(...attributes: readonly (readonly [string, Der])[]): Der {
  return seq(...attributes.map(([type, value]) => set(seq(oidDer(type), value))));
}

export function extensionRequest(...extensions: readonly Der[]): Der {
  return seq(oidDer('1.2.840.113549.1.9.14'), set(seq(...extensions)));
}

export function extension(id: string, value: Der, isCritical = false): Der {
  return isCritical ? seq(oidDer(id), bool(true), octets(value)) : seq(oidDer(id), octets(value));
}

export function sanExtension(...names: readonly Der[]): Der {
  return extension('2.5.29.17', seq(...names));
}

export const dnsName = (text: string): Der => tlv(0x82, Buffer.from(text, 'latin1'));
export const emailName = (text: string): Der => tlv(0x81, Buffer.from(text, 'latin1'));
export const uriName = (text: string): Der => tlv(0x86, Buffer.from(text, 'latin1'));
export const ipName = (...address: readonly number[]): Der => tlv(0x87, Buffer.from(address));
export const otherName = (): Der => tlv(0xa0, oidDer('1.3.6.1.4.1.311.20.2.3'), tlv(0xa0, utf8('admin')));
export const dirName = (): Der => tlv(0xa4, nameDer(['2.5.4.3', utf8('admin')]));
export const registeredId = (): Der => tlv(0x88, Buffer.from([0x2a, 0x03]));

/** Basic constraints CA:TRUE. */
export const caExtension = (): Der => extension('2.5.29.19', seq(bool(true)), true);

export function ecKey(namedCurve = 'P-256') {
  return generateKeyPairSync('ec', { namedCurve });
}

export function rsaKey(modulusLength: number, publicExponent = 65_537) {
  return generateKeyPairSync('rsa', { modulusLength, publicExponent });
}

/** An RSA public key of any modulus and exponent, as SubjectPublicKeyInfo: no private key is needed to send one. */
export function rsaSpki(modulus: bigint, exponent: bigint): Der {
  return seq(seq(oidDer('1.2.840.113549.1.1.1'), nul), bits(seq(integer(modulus), integer(exponent))));
}

/** The RSA modulus of a key. */
export function modulusOf(privateKey: KeyObject): bigint {
  const { n = '' } = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' });
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
}

function integer(value: bigint): Der {
  const hex = value.toString(16);
  const even = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return (even[0] ?? 0) >= 0x80 ? int(0, ...even) : int(...even);
}

function signatureAlgorithm(hash: string, isRsa: boolean): Der {
  const rsaOids: Readonly<Record<string, string>> = { md5: '4', sha1: '5', sha256: '11', sha384: '12', sha512: '13' };
  const ecOids: Readonly<Record<string, string>> = { sha1: '1', sha256: '3.2', sha384: '3.3', sha512: '3.4' };
  if (isRsa) return seq(oidDer(`1.2.840.113549.1.1.${rsaOids[hash]}`), nul);
  return seq(oidDer(`1.2.840.10045.4.${ecOids[hash]}`));
}
