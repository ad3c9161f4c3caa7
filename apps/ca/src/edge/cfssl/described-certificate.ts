/** Certificates as `certinfo` and `bundle` of cfssl describe them. */

import { X509Certificate } from 'node:crypto';
import { isAppError } from '@easycerts/core';
import { type CertificateFacts, encodePem, parseCertificate } from '@easycerts/pki';
import { cfsslError } from '../../core/cfssl/cfssl-error.ts';
import { decimalOfSerial, shownKeyId } from '../../core/cfssl/serials.ts';

/** A certificate of a caller. CfsslError 1003 when it is none. */
export function readCertificate(text: string): CertificateFacts {
  try {
    return parseCertificate(text);
  } catch (error) {
    if (isAppError(error, 'INVALID_INPUT')) throw cfsslError('certificateUnreadable');
    throw error;
  }
}

/** certinfo.Certificate of cfssl. */
export function describeCertificate(facts: CertificateFacts) {
  const certificate = new X509Certificate(facts.der);
  const { subject, issuer } = certificate.toLegacyObject();
  const { dns, ip } = facts.alternativeNames;
  return {
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    serial_number: decimalOfSerial(facts.serial),
    // Go leaves an empty list out.
    ...(dns.length + ip.length === 0 ? {} : { sans: [...dns, ...ip] }),
    not_before: secondsOf(facts.notBefore),
    not_after: secondsOf(facts.notAfter),
    sigalg: signatureName(certificate),
    authority_key_id: shownKeyId(facts.authorityKeyId),
    subject_key_id: shownKeyId(facts.subjectKeyId),
    pem: encodePem('CERTIFICATE', facts.der),
  };
}

/** bundler.Bundle of cfssl, of a leaf that a root signs: the chain is the leaf. */
export function describeBundle(leaf: CertificateFacts, root: CertificateFacts) {
  const certificate = new X509Certificate(leaf.der);
  const { subject, issuer } = certificate.toLegacyObject();
  const crt = encodePem('CERTIFICATE', leaf.der).trimEnd();
  const [, kind = '', bits = '0'] = /^(ecdsa-p|rsa-)(\d+)$/.exec(leaf.keyAlgorithm ?? '') ?? [];
  const names = new Set([leaf.subject.commonName, ...leaf.alternativeNames.dns, ...leaf.alternativeNames.ip]);
  return {
    bundle: crt,
    root: encodePem('CERTIFICATE', root.der).trimEnd(),
    crt,
    // A private key has no business here.
    key: '',
    key_type: kind === '' ? 'Unknown' : `${bits}-bit ${kind === 'rsa-' ? 'RSA' : 'ECDSA'}`,
    key_size: Number(bits),
    issuer: pathOf(issuer),
    subject: pathOf(subject),
    expires: secondsOf(new Date(Math.min(leaf.notAfter.getTime(), root.notAfter.getTime()))),
    leaf_expires: secondsOf(leaf.notAfter),
    hostnames: [...names].filter((name) => name !== '').sort(),
    ocsp_support: false,
    crl_support: false,
    ocsp: null,
    signature: signatureName(certificate),
    status: { rebundled: false, expiring_SKIs: [], untrusted_root_stores: [], messages: [], code: 0 },
  };
}

type LegacyName = ReturnType<X509Certificate['toLegacyObject']>['subject'];

const fields = [
  ['common_name', 'CN', 'CommonName'],
  ['serial_number', 'serialNumber', 'SerialNumber'],
  ['country', 'C', 'Country'],
  ['organization', 'O', 'Organization'],
  ['organizational_unit', 'OU', 'OrganizationalUnit'],
  ['locality', 'L', 'Locality'],
  ['province', 'ST', 'Province'],
  ['street_address', 'street', 'StreetAddress'],
  ['postal_code', 'postalCode', 'PostalCode'],
] as const;

function valuesOf(name: LegacyName, attribute: string): readonly string[] {
  const found = (name as Readonly<Record<string, string | string[] | undefined>>)[attribute];
  return found === undefined ? [] : [found].flat();
}

function nameOf(name: LegacyName): Readonly<Record<string, unknown>> {
  const texts = fields.map(([field, attribute]) => [field, valuesOf(name, attribute).join(',')] as const);
  const names = Object.keys(name).flatMap((attribute) => valuesOf(name, attribute));
  return { ...Object.fromEntries(texts.filter(([, text]) => text !== '')), ...(names.length === 0 ? {} : { names }) };
}

/** `/Organization=a/CommonName=b` */
function pathOf(name: LegacyName): string {
  return Object.keys(name)
    .flatMap((attribute) => {
      const label = fields.find(([, short]) => short === attribute)?.[2] ?? attribute;
      return valuesOf(name, attribute).map((value) => `/${label}=${value}`);
    })
    .join('');
}

/** As helpers.SignatureString: `ECDSAWithSHA256`, `SHA256WithRSA`. */
function signatureName({ signatureAlgorithm = '' }: X509Certificate): string {
  const [, hash] = /sha-?(\d+)/i.exec(signatureAlgorithm) ?? [];
  if (hash === undefined) return 'Unknown Signature';
  return /ecdsa/i.test(signatureAlgorithm) ? `ECDSAWithSHA${hash}` : `SHA${hash}WithRSA`;
}

/** As Go writes times: whole seconds, without a fraction. */
function secondsOf(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
