/** How each kind of key signs: the hash, and the AlgorithmIdentifier that stands beside the signature, encoded once each. */

import { sign } from 'node:crypto';
import type { KeyAlgorithm } from '@easycerts/cluster';
import { bitString, type Encoded, element, oidElement } from './der-encode.ts';
import type { KeyPair } from './key-pair.ts';
import { oid } from './oids.ts';

export interface SignatureAlgorithm {
  readonly hash: string;
  readonly der: Encoded;
}

const sequence = 0x30;
const withoutParameters = (id: string): Encoded => element(sequence, oidElement(id));
const withNull = (id: string): Encoded => element(sequence, oidElement(id), element(0x05));

const ecdsa256 = { hash: 'sha256', der: withoutParameters(oid.ecdsaWithSha256) };
const rsa256 = { hash: 'sha256', der: withNull(oid.sha256WithRsa) };

/** RFC 5758 §3.2: no parameters for ECDSA; RFC 4055 §5: NULL for RSA. */
export const signatureAlgorithms: Readonly<Record<KeyAlgorithm, SignatureAlgorithm>> = {
  'ecdsa-p256': ecdsa256,
  'ecdsa-p384': { hash: 'sha384', der: withoutParameters(oid.ecdsaWithSha384) },
  'rsa-2048': rsa256,
  'rsa-3072': rsa256,
  'rsa-4096': rsa256,
};

/** What is signed, with its signature: the outer form of certificates, CRLs and OCSP responses. */
export function signed(
  { algorithm, privateKey }: Pick<KeyPair, 'algorithm' | 'privateKey'>,
  toBeSigned: Encoded,
): Uint8Array {
  const { hash, der } = signatureAlgorithms[algorithm];
  return new Uint8Array(element(sequence, toBeSigned, der, bitString(sign(hash, toBeSigned, privateKey))));
}
