/** Whether a certificate is to be trusted: a literal chain of checks against the CAs of a bundle (RFC 5280 §6, one step). */

import type { KeyObject } from 'node:crypto';
import type { ExtendedKeyUsage } from '@easycerts/cluster';
import { type Check, type Finding, firstFinding, perObject } from '@easycerts/core';
import type { CertificateFacts } from './certificate-facts.ts';
import { oid } from './oids.ts';
import { publicKeyOfSpki } from './public-key.ts';
import { isSignatureValid } from './signature.ts';

export const verifyReasons = [
  'unknown-issuer',
  'bad-signature',
  'weak-key',
  'issuer-not-valid',
  'not-yet-valid',
  'expired',
  'is-ca',
  'critical-extension',
  'usages',
] as const;
export type VerifyReason = (typeof verifyReasons)[number];

export interface Verification {
  readonly certificate: CertificateFacts;
  /** The CAs that are trusted. */
  readonly bundle: readonly CertificateFacts[];
  /** The use it is meant for; without it, any. */
  readonly usage?: ExtendedKeyUsage;
  readonly at: Date;
}

/** What the checks look at: `issuer` is the CA of the bundle that signed it, looked for once. */
interface Examined extends Verification {
  readonly issuer: CertificateFacts | undefined;
}

/** The first reason not to trust a leaf certificate; undefined means that a CA of the bundle vouches for it. */
export function verifyCertificate(verification: Verification): Finding<VerifyReason> | undefined {
  return firstFinding(chain, { ...verification, issuer: issuerOf(verification.certificate, verification.bundle) });
}

/** The CA of the bundle that signed a certificate; undefined when none did. */
export function issuerOf(
  certificate: CertificateFacts,
  bundle: readonly CertificateFacts[],
): CertificateFacts | undefined {
  return candidatesFor(certificate, bundle).find((ca) => isSignedBy(certificate, ca));
}

const chain: readonly Check<Examined, VerifyReason>[] = [
  issuerIsKnown,
  signatureIsValid,
  keyIsStrong,
  issuerIsValid,
  hasBegun,
  hasNotEnded,
  isLeaf,
  isUnderstood,
  hasUsage,
];

function issuerIsKnown({ certificate, bundle }: Verification): Finding<VerifyReason> | undefined {
  if (candidatesFor(certificate, bundle).length > 0) return undefined;
  return { reason: 'unknown-issuer', detail: `no trusted CA is ${certificate.issuerText}` };
}

function signatureIsValid({ certificate, issuer }: Examined): Finding<VerifyReason> | undefined {
  if (issuer !== undefined) return undefined;
  return { reason: 'bad-signature', detail: `not signed by the trusted ${certificate.issuerText}` };
}

function keyIsStrong({ certificate }: Verification): Finding<VerifyReason> | undefined {
  if (certificate.keyAlgorithm !== undefined) return undefined;
  return { reason: 'weak-key', detail: `key ${certificate.keyDescription} is not accepted` };
}

function issuerIsValid({ certificate, issuer, at }: Examined): Finding<VerifyReason> | undefined {
  if (issuer !== undefined && isWithin(issuer, at)) return undefined;
  return { reason: 'issuer-not-valid', detail: `the CA ${certificate.issuerText} is outside its validity` };
}

function hasBegun({ certificate, at }: Verification): Finding<VerifyReason> | undefined {
  if (at.getTime() >= certificate.notBefore.getTime()) return undefined;
  return { reason: 'not-yet-valid', detail: `valid from ${certificate.notBefore.toISOString()} on` };
}

function hasNotEnded({ certificate, at }: Verification): Finding<VerifyReason> | undefined {
  if (at.getTime() <= certificate.notAfter.getTime()) return undefined;
  return { reason: 'expired', detail: `valid until ${certificate.notAfter.toISOString()}` };
}

function isLeaf({ certificate }: Verification): Finding<VerifyReason> | undefined {
  if (!certificate.isCa && !certificate.keyUsages.includes('keyCertSign')) return undefined;
  return { reason: 'is-ca', detail: 'a CA certificate where a leaf belongs' };
}

/** RFC 5280 §4.2: who does not understand a critical extension must refuse. */
function isUnderstood({ certificate }: Verification): Finding<VerifyReason> | undefined {
  const foreign = certificate.extensions.find((extension) => extension.isCritical && !understood.has(extension.oid));
  if (foreign === undefined) return undefined;
  return { reason: 'critical-extension', detail: `critical extension ${foreign.oid} is unknown` };
}

function hasUsage({ certificate, usage }: Verification): Finding<VerifyReason> | undefined {
  if (usage === undefined || certificate.usages.includes(usage)) return undefined;
  return { reason: 'usages', detail: `not for ${usage}` };
}

const understood: ReadonlySet<string> = new Set([
  oid.basicConstraints,
  oid.keyUsage,
  oid.extendedKeyUsage,
  oid.subjectAltName,
]);

function candidatesFor(
  certificate: CertificateFacts,
  bundle: readonly CertificateFacts[],
): readonly CertificateFacts[] {
  return bundle.filter(
    (ca) =>
      ca.isCa &&
      (ca.keyUsages.length === 0 || ca.keyUsages.includes('keyCertSign')) &&
      Buffer.compare(ca.subjectDer, certificate.issuerDer) === 0 &&
      (certificate.authorityKeyId === '' || ca.subjectKeyId === '' || certificate.authorityKeyId === ca.subjectKeyId),
  );
}

function isSignedBy(certificate: CertificateFacts, ca: CertificateFacts): boolean {
  if (ca.keyAlgorithm === undefined) return false;
  return isSignatureValid(certificate.signed, keyOf(ca));
}

/** Keys of CAs, read once: OpenSSL takes as long to read one as to verify with it. */
const keyOf = perObject((ca: CertificateFacts): KeyObject => publicKeyOfSpki(ca.spkiDer, 'CA key'));

function isWithin(certificate: CertificateFacts, at: Date): boolean {
  return certificate.notBefore.getTime() <= at.getTime() && at.getTime() <= certificate.notAfter.getTime();
}
