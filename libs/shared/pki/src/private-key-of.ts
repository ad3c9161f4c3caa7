/** Whether a private key is that of a certificate: computed from the secret, not read from what is written beside it. */

import { createECDH, createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyAlgorithm } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import type { CertificateFacts } from './certificate-facts.ts';
import { type DerElement, readDer } from './der.ts';
import { areEqual, integerOf, isNumber, octetsOf, oidOf, sequenceOf, wholeBitsOf } from './der-values.ts';
import { oid } from './oids.ts';
import { decodePem } from './pem.ts';

type KeyOwner = Pick<CertificateFacts, 'der' | 'spkiDer' | 'keyAlgorithm'>;

/**
 * Whether `keyPem` (PKCS #8, SEC 1 or PKCS #1, not encrypted) is the private key of a certificate. AppError DAMAGED when it is
 * no private key.
 *
 * A file with an elliptic-curve key has the public key beside the secret, and OpenSSL compares that one. Here the public key is
 * computed from the secret, which proves more and takes a third of the time of reading both for OpenSSL; what is not of the
 * curves that we make is left to OpenSSL.
 */
export function isPrivateKeyOf(keyPem: string, certificate: KeyOwner): boolean {
  const curve = certificate.keyAlgorithm && curves[certificate.keyAlgorithm];
  return (curve && isSecretOf(keyPem, certificate.spkiDer, curve)) ?? isOpenSslKeyOf(keyPem, certificate);
}

interface Curve {
  readonly oid: string;
  readonly name: string;
  /** Bytes of a point that is not compressed. */
  readonly pointLength: number;
}

const curves: Partial<Record<KeyAlgorithm, Curve>> = {
  'ecdsa-p256': { oid: oid.p256, name: 'prime256v1', pointLength: 65 },
  'ecdsa-p384': { oid: oid.p384, name: 'secp384r1', pointLength: 97 },
};

interface EcPrivateKey {
  readonly secret: Uint8Array;
  /** Of RFC 5915 §3; undefined: not written down. */
  readonly publicKey: Uint8Array | undefined;
}

/** Undefined for what is no key of the curve. */
function isSecretOf(keyPem: string, spkiDer: Uint8Array, curve: Curve): boolean | undefined {
  const key = readQuietly(keyPem, curve);
  if (key === undefined) return undefined;
  const point = spkiDer.subarray(-curve.pointLength);
  if (key.publicKey !== undefined && !areEqual(key.publicKey, point)) return false;
  const computed = publicKeyOf(key.secret, curve);
  return computed !== undefined && areEqual(computed, point);
}

/** Undefined for a number that is no secret of the curve: zero, or too large. */
function publicKeyOf(secret: Uint8Array, curve: Curve): Uint8Array | undefined {
  try {
    const exchange = createECDH(curve.name);
    exchange.setPrivateKey(secret);
    return exchange.getPublicKey();
  } catch {
    return undefined;
  }
}

function readQuietly(keyPem: string, curve: Curve): EcPrivateKey | undefined {
  try {
    return readEcPrivateKey(keyPem, curve);
  } catch {
    return undefined;
  }
}

/** Of the one block of a PEM text: PKCS #8 (RFC 5958 §2) or SEC 1 (RFC 5915 §3), of the given curve. */
function readEcPrivateKey(keyPem: string, curve: Curve): EcPrivateKey | undefined {
  const [block, ...more] = decodePem(keyPem);
  if (block === undefined || more.length > 0) return undefined;
  const parts = sequenceOf(readDer(block.der), 'private key');
  if (block.label === 'EC PRIVATE KEY') return ecPrivateKeyOf(parts, curve, 'required');
  const [version, algorithm, key, ...rest] = parts;
  if (block.label !== 'PRIVATE KEY' || rest.length > 0 || !isNumber(integerOf(version, 'version'), 0)) return undefined;
  const [algorithmOid, curveOid] = sequenceOf(algorithm, 'private key');
  if (oidOf(algorithmOid, 'private key') !== oid.ecPublicKey || oidOf(curveOid, 'curve') !== curve.oid)
    return undefined;
  return ecPrivateKeyOf(sequenceOf(readDer(octetsOf(key, 'private key')), 'private key'), curve, 'optional');
}

const curveTag = 0xa0;
const publicKeyTag = 0xa1;

function ecPrivateKeyOf(
  [version, secret, ...optional]: readonly DerElement[],
  curve: Curve,
  curveIs: 'required' | 'optional',
): EcPrivateKey | undefined {
  const named = optional[0]?.tag === curveTag ? optional.shift() : undefined;
  const written = optional[0]?.tag === publicKeyTag ? optional.shift() : undefined;
  if (
    !isNumber(integerOf(version, 'version'), 1) ||
    optional.length > 0 ||
    (named === undefined && curveIs === 'required')
  )
    return undefined;
  if (named !== undefined && oidOf(named.children[0], 'curve') !== curve.oid) return undefined;
  return {
    secret: octetsOf(secret, 'private key'),
    publicKey: written && wholeBitsOf(written.children[0], 'public key'),
  };
}

function isOpenSslKeyOf(keyPem: string, { der }: KeyOwner): boolean {
  try {
    return new X509Certificate(der).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    // Without OpenSSL's text, which may quote what it read
    throw new AppError('DAMAGED', 'read private key: not an unencrypted private key in PEM');
  }
}
