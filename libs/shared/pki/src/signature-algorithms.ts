/** How each kind of key signs: the hash, and the AlgorithmIdentifier that stands beside the signature, encoded once each. */

import type { KeyAlgorithm } from '@easycerts/cluster';
import { type Encoded, element, oidElement } from './der-encode.ts';
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
