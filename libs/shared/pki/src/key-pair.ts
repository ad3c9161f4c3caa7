/** Private keys: made, written as PKCS #8 (RFC 5958), read back. They never leave node:crypto but as that PEM. */

import { createPrivateKey, createPublicKey, generateKeyPair as generate, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyAlgorithm } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import type { CertificateFacts } from './certificate-facts.ts';
import { readDer } from './der.ts';
import { readPublicKey, spkiFingerprint, spkiOf } from './public-key.ts';

export interface KeyPair {
  readonly algorithm: KeyAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Makes a key pair; RSA takes up to seconds, in a thread of its own. */
export async function generateKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  switch (algorithm) {
    case 'ecdsa-p256':
    case 'ecdsa-p384': {
      const namedCurve = algorithm === 'ecdsa-p256' ? 'P-256' : 'P-384';
      return { algorithm, ...(await promisify(generate)('ec', { namedCurve })) };
    }
    case 'rsa-2048':
    case 'rsa-3072':
    case 'rsa-4096': {
      const modulusLength = Number(algorithm.slice('rsa-'.length));
      return { algorithm, ...(await promisify(generate)('rsa', { modulusLength })) };
    }
    default:
      throw new AppError('INVALID_INPUT', `generate key: unknown algorithm ${String(algorithm satisfies never)}`);
  }
}

/** PKCS #8, not encrypted, PEM: the caller writes it 0600. */
export function privateKeyToPem(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Reads a private key, PEM, not encrypted. AppError DAMAGED when it is none, or not of an algorithm we accept. */
export function parsePrivateKeyPem(pem: string): KeyPair {
  const privateKey = readPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const { keyAlgorithm, keyDescription } = readPublicKey(readDer(spkiOf(publicKey)), 'private key');
  if (keyAlgorithm === undefined) throw new AppError('DAMAGED', `read private key: ${keyDescription} is not accepted`);
  return { algorithm: keyAlgorithm, privateKey, publicKey };
}

/** Whether a certificate is for this key. */
export function keyMatches(
  certificate: Pick<CertificateFacts, 'spkiFingerprint'>,
  keyPair: Pick<KeyPair, 'publicKey'>,
): boolean {
  return certificate.spkiFingerprint === spkiFingerprint(keyPair.publicKey);
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    // The cause is left out: OpenSSL's text may quote what it read.
    throw new AppError('DAMAGED', 'read private key: not an unencrypted private key in PEM');
  }
}
