/** Reads certificates (RFC 5280 §4.1): ours and foreign ones, every field that a decision may need. */

import { hash } from 'node:crypto';
import type { KeyAlgorithm, SubjectName } from '@easycerts/cluster';
import { type DerElement, malformed, readDer } from './der.ts';
import { integerOf, isNumber, oidOf, sequenceOf, timeOf, wholeBitsOf } from './der-values.ts';
import { formatSubject, readName } from './distinguished-name.ts';
import { type Extension, type ExtensionFacts, factsOfExtensions, readExtensions } from './extensions.ts';
import { decodePem } from './pem.ts';
import { readPublicKey } from './public-key.ts';
import type { SignedParts } from './signature.ts';

export interface CertificateFacts extends ExtensionFacts {
  /** Serial number, lowercase hexadecimal without leading zeros. */
  readonly serial: string;
  readonly subject: SubjectName;
  readonly issuer: SubjectName;
  /** For people: `CN=n1,O=system:nodes`. */
  readonly subjectText: string;
  readonly issuerText: string;
  /** Object identifiers of subject attributes other than one common name and organizations. */
  readonly otherSubjectAttributes: readonly string[];
  readonly subjectDer: Uint8Array;
  readonly issuerDer: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keyAlgorithm: KeyAlgorithm | undefined;
  readonly keyDescription: string;
  readonly spkiFingerprint: string;
  readonly spkiDer: Uint8Array;
  readonly extensions: readonly Extension[];
  /** SHA-256 of the DER, lowercase hexadecimal (Kubernetes' credential-id). */
  readonly fingerprint: string;
  readonly der: Uint8Array;
  readonly signed: SignedParts;
}

/** A foreign certificate with many names may be large; no sane one is larger than this. */
const maxCertificateBytes = 65_536;

/** Reads one certificate: DER, or PEM whose first block is taken (the leaf of a chain). AppError INVALID_INPUT otherwise. */
export function parseCertificate(derOrPem: Uint8Array | string): CertificateFacts {
  return parseDer(typeof derOrPem === 'string' ? firstCertificate(derOrPem) : derOrPem);
}

/** Reads every certificate of a PEM text, in order. AppError INVALID_INPUT when a block is none or there is none. */
export function parseBundle(pem: string): readonly CertificateFacts[] {
  return decodePem(pem).map((block) => {
    if (block.label !== 'CERTIFICATE') throw malformed(`read bundle: ${block.label} instead of a certificate`);
    return parseDer(block.der);
  });
}

function firstCertificate(pem: string): Uint8Array {
  const block = decodePem(pem).find(({ label }) => label === 'CERTIFICATE');
  if (block === undefined) throw malformed('read certificate: the PEM text holds none');
  return block.der;
}

function parseDer(der: Uint8Array): CertificateFacts {
  if (der.length > maxCertificateBytes) throw malformed(`read certificate: larger than ${maxCertificateBytes} bytes`);
  const [toBeSigned, algorithm, signature, ...rest] = sequenceOf(readDer(der), 'certificate');
  if (toBeSigned === undefined || rest.length > 0) throw malformed('read certificate: of unknown shape');
  oidOf(sequenceOf(algorithm, 'certificate signature')[0], 'certificate signature');
  wholeBitsOf(signature, 'certificate signature');
  const fields = fieldsOf(toBeSigned);
  // RFC 5280 §4.1.1.2: the algorithm stands twice, and must be the same.
  if (algorithm === undefined || Buffer.compare(fields.algorithm.raw, algorithm.raw) !== 0)
    throw malformed('read certificate: two signature algorithms');
  const { subject, otherAttributes } = readName(fields.subject, 'certificate subject');
  const issuer = readName(fields.issuer, 'certificate issuer').subject;
  const [notBefore, notAfter, ...more] = sequenceOf(fields.validity, 'certificate validity');
  if (more.length > 0) throw malformed('read certificate validity: of unknown shape');
  const { keyAlgorithm, keyDescription, spkiFingerprint, spkiDer } = readPublicKey(fields.key, 'certificate key');
  return {
    serial: serialText(integerOf(fields.serial, 'certificate serial number')),
    subject,
    issuer,
    subjectText: formatSubject(subject),
    issuerText: formatSubject(issuer),
    otherSubjectAttributes: otherAttributes,
    subjectDer: fields.subject.raw,
    issuerDer: fields.issuer.raw,
    notBefore: timeOf(notBefore, 'certificate validity'),
    notAfter: timeOf(notAfter, 'certificate validity'),
    keyAlgorithm,
    keyDescription,
    spkiFingerprint,
    spkiDer,
    ...factsOfExtensions(fields.extensions, 'certificate extension'),
    extensions: fields.extensions,
    fingerprint: hash('sha256', der),
    der,
    signed: { toBeSigned, algorithm, signature },
  };
}

interface Fields {
  readonly serial: DerElement;
  readonly algorithm: DerElement;
  readonly issuer: DerElement;
  readonly validity: DerElement;
  readonly subject: DerElement;
  readonly key: DerElement;
  readonly extensions: readonly Extension[];
}

function fieldsOf(toBeSigned: DerElement): Fields {
  const parts = [...sequenceOf(toBeSigned, 'certificate')];
  const hasVersion = parts[0]?.tag === 0xa0;
  const version = hasVersion ? parts.shift() : undefined;
  const [serial, algorithm, issuer, validity, subject, key, ...optional] = parts;
  if (!serial || !algorithm || !issuer || !validity || !subject || !key)
    throw malformed('read certificate: of unknown shape');
  const isVersion3 = version !== undefined && isNumber(versionOf(version), 2);
  // [1] and [2] are unique identifiers, which no CA may write (RFC 5280 §4.1.2.8); [3] are the extensions of version 3.
  const explicit = optional.at(-1)?.tag === 0xa3 ? optional.pop() : undefined;
  if (optional.length > 0 || (explicit !== undefined && !isVersion3)) {
    throw malformed('read certificate: of unknown shape');
  }
  if (explicit !== undefined && explicit.children.length !== 1) throw malformed('read certificate: of unknown shape');
  const extensions = explicit === undefined ? [] : readExtensions(explicit.children[0], 'certificate extension');
  return { serial, algorithm, issuer, validity, subject, key, extensions };
}

function versionOf({ children: [number, ...rest] }: DerElement): Uint8Array {
  if (rest.length > 0) throw malformed('read certificate: of unknown shape');
  return integerOf(number, 'certificate version');
}

function serialText(content: Uint8Array): string {
  if ((content[0] ?? 0x80) >= 0x80) throw malformed('read certificate: negative serial number');
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString('hex').replace(/^0+/, '');
  return text === '' ? '0' : text;
}
