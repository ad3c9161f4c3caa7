/** What is on disk for one certificate, as facts: small enough to keep for ten thousand of them. */

import type { AlternativeNames, ExtendedKeyUsage, KeyAlgorithm, SubjectName } from '@easycerts/cluster';
import type { ErrorCode } from '@easycerts/core';
import type { CertificateFacts } from '@easycerts/pki';

/** The part of a leaf's facts that decisions need. */
export interface LeafFacts {
  readonly serial: string;
  /** SHA-256 of the certificate, lowercase hexadecimal. */
  readonly fingerprint: string;
  readonly subject: SubjectName;
  readonly issuerText: string;
  /** Object identifiers of subject attributes that our certificates don't have. */
  readonly otherSubjectAttributes: readonly string[];
  /** Every attribute as `<object identifier>=<value>`, sorted; only for specs that may ask for any. */
  readonly subjectAttributes?: readonly string[];
  readonly alternativeNames: AlternativeNames;
  readonly otherNames: readonly string[];
  readonly usages: readonly ExtendedKeyUsage[];
  readonly otherUsages: readonly string[];
  readonly isCa: boolean;
  readonly keyAlgorithm: KeyAlgorithm | undefined;
  readonly keyDescription: string;
  readonly spkiFingerprint: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** How `ca.crt` of the set compares with the trust bundle of its authority; `unknown`: none was ever fetched. */
export type BundleState = 'current' | 'outdated' | 'damaged' | 'unknown';

export interface PresentSet {
  readonly kind: 'present';
  readonly leaf: LeafFacts;
  readonly doesKeyMatch: boolean;
  /** By the authority's trust bundle, or by the set's own `ca.crt` while none is known. */
  readonly isIssuerTrusted: boolean;
  readonly bundle: BundleState;
  /** What is wrong with owners and modes, for people. */
  readonly wrongModes: readonly string[];
}

export type CertificateObservation =
  | PresentSet
  /** The spec wants the trust bundle and no certificate. */
  | { readonly kind: 'bundle-only'; readonly bundle: BundleState; readonly wrongModes: readonly string[] }
  /** No set, or its certificate or key file is not there. */
  | { readonly kind: 'missing'; readonly detail: string }
  /** Files that are not what they should be. */
  | { readonly kind: 'unreadable'; readonly detail: string }
  /** Files that we may not or cannot read: a new certificate would not help. */
  | { readonly kind: 'inaccessible'; readonly code: ErrorCode; readonly detail: string };

/** The facts of a parsed certificate that are kept. */
export function leafFactsOf(certificate: CertificateFacts): LeafFacts {
  return {
    serial: certificate.serial,
    fingerprint: certificate.fingerprint,
    subject: certificate.subject,
    issuerText: certificate.issuerText,
    otherSubjectAttributes: certificate.otherSubjectAttributes,
    alternativeNames: certificate.alternativeNames,
    otherNames: certificate.otherNames,
    usages: certificate.usages,
    otherUsages: certificate.otherUsages,
    isCa: certificate.isCa || certificate.keyUsages.includes('keyCertSign'),
    keyAlgorithm: certificate.keyAlgorithm,
    keyDescription: certificate.keyDescription,
    spkiFingerprint: certificate.spkiFingerprint,
    notBeforeMs: certificate.notBefore.getTime(),
    notAfterMs: certificate.notAfter.getTime(),
  };
}
