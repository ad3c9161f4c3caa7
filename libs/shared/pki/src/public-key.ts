/** Public keys as SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): which algorithm it is, and whether it is one we accept. */

import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import type { KeyAlgorithm } from '@easycerts/cluster';
import { type DerElement, derTag, malformed, readDer } from './der.ts';
import { integerOf, oidOf, sequenceOf, wholeBitsOf } from './der-values.ts';
import { oid } from './oids.ts';
import { hasCloseFactors, hasSmallFactor } from './weak-rsa.ts';

export interface PublicKeyFacts {
  /** undefined: a key that we do not accept; `keyDescription` says what it is. */
  readonly keyAlgorithm: KeyAlgorithm | undefined;
  readonly keyDescription: string;
  /** SHA-256 of the SubjectPublicKeyInfo, lowercase hexadecimal. One key has one: other encodings of it are not accepted. */
  readonly spkiFingerprint: string;
  readonly spkiDer: Uint8Array;
  /** RFC 7093 §2 method 1: the leftmost 160 bits of SHA-256 of the key's bits, lowercase hexadecimal. */
  readonly keyId: string;
}

/** SHA-256 of a public key's SubjectPublicKeyInfo, lowercase hexadecimal. */
export function spkiFingerprint(publicKey: KeyObject): string {
  return hash('sha256', spkiOf(publicKey));
}

/** DER of a public key's SubjectPublicKeyInfo. */
export function spkiOf(publicKey: KeyObject): Uint8Array {
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
}

/** Reads a SubjectPublicKeyInfo. AppError INVALID_INPUT when it is not well-formed; a weak key is a fact, not an error. */
export function readPublicKey(element: DerElement | undefined, what: string): PublicKeyFacts {
  const [algorithm, bits, ...rest] = sequenceOf(element, what);
  if (element === undefined || rest.length > 0) throw malformed(`read ${what}: key of unknown shape`);
  const [algorithmOid, parameters, ...more] = sequenceOf(algorithm, what);
  if (more.length > 0) throw malformed(`read ${what}: key algorithm of unknown shape`);
  const keyBits = wholeBitsOf(bits, what);
  return {
    ...algorithmOf(oidOf(algorithmOid, what), parameters, keyBits),
    spkiFingerprint: hash('sha256', element.raw),
    spkiDer: element.raw,
    keyId: hash('sha256', keyBits).slice(0, 40),
  };
}

/** The key to verify with. AppError INVALID_INPUT when OpenSSL refuses it (a point that is not on its curve). */
export function publicKeyOfSpki(spkiDer: Uint8Array, what: string): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spkiDer), format: 'der', type: 'spki' });
  } catch (cause) {
    throw malformed(`read ${what}: not a valid public key`, cause);
  }
}

type Algorithm = Pick<PublicKeyFacts, 'keyAlgorithm' | 'keyDescription'>;

const curves: Readonly<Record<string, { readonly keyAlgorithm: KeyAlgorithm; readonly coordinateLength: number }>> = {
  [oid.p256]: { keyAlgorithm: 'ecdsa-p256', coordinateLength: 32 },
  [oid.p384]: { keyAlgorithm: 'ecdsa-p384', coordinateLength: 48 },
};

const rsaSizes: Readonly<Record<number, KeyAlgorithm>> = { 2048: 'rsa-2048', 3072: 'rsa-3072', 4096: 'rsa-4096' };

function algorithmOf(algorithmOid: string, parameters: DerElement | undefined, keyBits: Uint8Array): Algorithm {
  if (algorithmOid === oid.ecPublicKey) return ecAlgorithm(parameters, keyBits);
  if (algorithmOid === oid.rsaEncryption && parameters?.tag === derTag.null) return rsaAlgorithm(keyBits);
  return refused(`algorithm ${algorithmOid}`);
}

function ecAlgorithm(parameters: DerElement | undefined, point: Uint8Array): Algorithm {
  if (parameters?.tag !== derTag.oid) return refused('elliptic curve without a name');
  const curveOid = oidOf(parameters, 'curve');
  const curve = curves[curveOid];
  if (curve === undefined) return refused(`elliptic curve ${curveOid}`);
  // Compressed points are the same key under another fingerprint.
  if (point[0] !== 0x04 || point.length !== 1 + 2 * curve.coordinateLength)
    return refused('compressed elliptic curve point');
  return { keyAlgorithm: curve.keyAlgorithm, keyDescription: curve.keyAlgorithm };
}

function rsaAlgorithm(keyBits: Uint8Array): Algorithm {
  const [modulusElement, exponentElement, ...rest] = sequenceOf(readDer(keyBits), 'RSA key');
  const modulus = integerOf(modulusElement, 'RSA modulus');
  const exponent = Buffer.from(integerOf(exponentElement, 'RSA exponent')).toString('hex');
  if (rest.length > 0 || (modulus[0] ?? 0x80) >= 0x80) throw malformed('read RSA key: negative or of unknown shape');
  const value = BigInt(`0x${Buffer.from(modulus).toString('hex')}`);
  const size = value.toString(2).length;
  const keyAlgorithm = rsaSizes[size];
  if (keyAlgorithm === undefined) return refused(`rsa-${size}`);
  // 65537 only: 1 signs nothing, 3 and other small ones have a history of attacks (CA/B baseline requirements §6.1.6).
  if (exponent !== '010001') return refused(`rsa-${size} with exponent 0x${exponent.slice(0, 16)}`);
  if (hasSmallFactor(value)) return refused(`rsa-${size} with a small factor`);
  if (hasCloseFactors(value)) return refused(`rsa-${size} with factors close to each other`);
  return { keyAlgorithm, keyDescription: keyAlgorithm };
}

function refused(keyDescription: string): Algorithm {
  return { keyAlgorithm: undefined, keyDescription };
}
