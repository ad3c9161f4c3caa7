/** Signatures of certificates and requests: SHA-2 with RSA (PKCS #1) or ECDSA; everything else is no signature to us. */

import { type KeyObject, verify } from 'node:crypto';
import { type DerElement, derTag } from './der.ts';
import { oidOf, sequenceOf, wholeBitsOf } from './der-values.ts';
import { oid } from './oids.ts';

export interface SignedParts {
  readonly toBeSigned: DerElement;
  readonly algorithm: DerElement | undefined;
  readonly signature: DerElement | undefined;
}

const schemes: Readonly<Record<string, { readonly hash: string; readonly keyType: 'rsa' | 'ec' }>> = {
  [oid.sha256WithRsa]: { hash: 'sha256', keyType: 'rsa' },
  [oid.sha384WithRsa]: { hash: 'sha384', keyType: 'rsa' },
  [oid.sha512WithRsa]: { hash: 'sha512', keyType: 'rsa' },
  [oid.ecdsaWithSha256]: { hash: 'sha256', keyType: 'ec' },
  [oid.ecdsaWithSha384]: { hash: 'sha384', keyType: 'ec' },
  [oid.ecdsaWithSha512]: { hash: 'sha512', keyType: 'ec' },
};

/** Whether `publicKey` made the signature, by an algorithm that we accept (no MD5, no SHA-1, no PSS). */
export function isSignatureValid(parts: SignedParts, publicKey: KeyObject): boolean {
  const hash = hashOf(parts, publicKey);
  return hash !== undefined && verify(hash, parts.toBeSigned.raw, publicKey, wholeBitsOf(parts.signature, 'signature'));
}

/** The hash function of the signature's algorithm; undefined when we do not accept it, or not for this key. */
function hashOf(parts: SignedParts, publicKey: KeyObject): string | undefined {
  const [algorithmOid, parameters, ...rest] = sequenceOf(parts.algorithm, 'signature algorithm');
  const scheme = schemes[oidOf(algorithmOid, 'signature algorithm')];
  if (scheme === undefined || rest.length > 0 || scheme.keyType !== publicKey.asymmetricKeyType) return undefined;
  // RFC 4055 §5: NULL for RSA; RFC 5758 §3.2: absent for ECDSA.
  const hasRightParameters = scheme.keyType === 'rsa' ? parameters?.tag === derTag.null : parameters === undefined;
  return hasRightParameters ? scheme.hash : undefined;
}
