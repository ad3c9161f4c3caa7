/** Certificate authorities: made, put together from files, and signing. */

import type { KeyAlgorithm } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { type CertificateFacts, parseCertificate } from './certificate-facts.ts';
import {
  assertSoundSerial,
  assertSoundSubject,
  assertSoundTemplate,
  type CertificateTemplate,
  leafKeyUsages,
} from './certificate-template.ts';
import { readDer } from './der.ts';
import { canonicalNames } from './general-names.ts';
import { generateKeyPair, type KeyPair, keyMatches } from './key-pair.ts';
import { writeLeaf } from './leaf-writer.ts';
import { type PublicKeyFacts, readPublicKey, spkiOf } from './public-key.ts';

/** A CA certificate and its key; the two belong together. */
export interface Authority {
  readonly certificate: CertificateFacts;
  readonly keyPair: KeyPair;
}

export interface AuthorityRequest {
  readonly commonName: string;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly serial: string;
}

/** Makes a self-signed root for leaves only (path length 0). */
export async function createAuthority(request: AuthorityRequest): Promise<Authority> {
  const subject = { commonName: request.commonName, organizations: [] };
  assertSoundSubject(subject);
  assertSoundSerial(request.serial);
  const keyPair = await generateKeyPair(request.keyAlgorithm);
  const spkiDer = spkiOf(keyPair.publicKey);
  const { keyId } = acceptedKey(spkiDer);
  const { writeCertificate } = await import('./x509-engine.ts');
  const der = await writeCertificate({
    serial: request.serial,
    subject,
    issuerDer: undefined,
    notBefore: wholeSeconds(request.notBefore),
    notAfter: wholeSeconds(request.notAfter),
    spkiDer,
    signer: keyPair,
    isCa: true,
    keyUsages: ['digitalSignature', 'keyCertSign', 'cRLSign'],
    usages: [],
    alternativeNames: { dns: [], ip: [] },
    subjectKeyId: keyId,
    authorityKeyId: keyId,
  });
  return { certificate: parseCertificate(der), keyPair };
}

/** Puts an authority together. AppError DAMAGED when the certificate is no CA's, or the key is not its key. */
export function authorityOf(certificate: CertificateFacts, keyPair: KeyPair): Authority {
  if (!certificate.isCa || !certificate.keyUsages.includes('keyCertSign')) {
    throw new AppError('DAMAGED', 'the certificate is not one of a CA');
  }
  if (!keyMatches(certificate, keyPair)) throw new AppError('DAMAGED', 'the key does not belong to the certificate');
  return { certificate, keyPair };
}

/** Signs exactly what the template says, DER. AppError INVALID_INPUT for a template or key that nobody should sign. */
export function issueCertificate(request: {
  readonly authority: Authority;
  readonly template: CertificateTemplate;
}): Uint8Array {
  const { authority, template } = request;
  assertSoundTemplate(template);
  const { keyId, keyAlgorithm } = acceptedKey(template.spkiDer);
  return writeLeaf({
    serial: template.serial,
    subject: template.subject,
    issuerDer: authority.certificate.subjectDer,
    notBefore: wholeSeconds(template.notBefore),
    notAfter: wholeSeconds(template.notAfter),
    spkiDer: template.spkiDer,
    signer: authority.keyPair,
    keyUsages: leafKeyUsages(keyAlgorithm, template.usages),
    usages: [...template.usages].sort(),
    alternativeNames: canonicalNames(template.alternativeNames),
    subjectKeyId: keyId,
    authorityKeyId: authority.certificate.subjectKeyId,
  });
}

/** Certificates know whole seconds only (RFC 5280 §4.1.2.5). */
export function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1_000) * 1_000);
}

function acceptedKey(spkiDer: Uint8Array): PublicKeyFacts & { readonly keyAlgorithm: KeyAlgorithm } {
  const facts = readPublicKey(readDer(spkiDer), 'public key');
  const { keyAlgorithm } = facts;
  if (keyAlgorithm === undefined) throw new AppError('INVALID_INPUT', `sign: ${facts.keyDescription} is not accepted`);
  return { ...facts, keyAlgorithm };
}
