/** Certificates of CAs that may be anybody's: read by us where we can, else by OpenSSL, which knows more kinds of keys. */

import { type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { KeyAlgorithm } from '@easycerts/cluster';
import { type CertificateFacts, issuerOf, parseBundle, readSubjectAttributes } from '@easycerts/pki';
import { type LeafFacts, leafFactsOf } from '../../core/observation.ts';

/** `ecdsa-521`, `rsa-2048`: in the words of specs. */
function describeKey(key: KeyObject): string {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key;
  if (type === 'rsa') return `rsa-${details?.modulusLength ?? 0}`;
  const curve = details?.namedCurve ?? '';
  return type === 'ec' ? `ecdsa-${{ prime256v1: 256, secp384r1: 384, secp521r1: 521 }[curve] ?? curve}` : type;
}

/** Of the kinds that we read ourselves; for the others OpenSSL is asked. */
const keyDescriptions: Partial<Record<KeyAlgorithm, string>> = {
  'ecdsa-p256': 'ecdsa-256',
  'ecdsa-p384': 'ecdsa-384',
  'rsa-2048': 'rsa-2048',
  'rsa-3072': 'rsa-3072',
  'rsa-4096': 'rsa-4096',
};

/** A leaf with everything that specs may ask for. */
export function foreignLeafOf(pem: string): { readonly leaf: LeafFacts; readonly certificate: CertificateFacts } {
  const [certificate] = parseBundle(pem);
  if (certificate === undefined) throw new Error('no certificate');
  const { keyAlgorithm, subjectDer, der } = certificate;
  const subjectAttributes = readSubjectAttributes(subjectDer).map(({ type, value }) => `${type}=${value}`);
  const keyDescription =
    (keyAlgorithm && keyDescriptions[keyAlgorithm]) ?? describeKey(new X509Certificate(der).publicKey);
  return {
    leaf: { ...leafFactsOf(certificate), subjectAttributes: subjectAttributes.sort(), keyDescription },
    certificate,
  };
}

/** A CA, for OpenSSL and for us; `facts` are undefined when only OpenSSL can read it. */
export interface CaCertificate {
  readonly certificate: X509Certificate;
  readonly facts: CertificateFacts | undefined;
}

/** Whether the CA has signed it. What we find no proof of OpenSSL is asked about: it knows more kinds of keys. */
export function isIssuedBy(certificate: CertificateFacts, ca: CaCertificate): boolean {
  if (ca.facts !== undefined && issuerOf(certificate, [ca.facts]) !== undefined) return true;
  const read = new X509Certificate(certificate.der);
  return read.checkIssued(ca.certificate) && read.verify(ca.certificate.publicKey);
}

/** Many specs keep the same few CAs in files of their own: each is parsed once. */
export class CaFiles {
  readonly #parsed = new Map<string, CaCertificate | undefined>();

  /** The first certificate of a file; undefined when there is none. */
  read(path: string): CaCertificate | undefined {
    try {
      const text = readFileSync(path, 'utf8');
      if (this.#parsed.has(text)) return this.#parsed.get(text);
      if (this.#parsed.size >= keptCas) this.#parsed.clear();
      this.#parsed.set(text, undefined);
      const ca = { certificate: new X509Certificate(text), facts: factsQuietly(text) };
      this.#parsed.set(text, ca);
      return ca;
    } catch {
      return undefined;
    }
  }
}

const keptCas = 32;

function factsQuietly(pem: string): CertificateFacts | undefined {
  try {
    return parseBundle(pem)[0];
  } catch {
    return undefined;
  }
}
