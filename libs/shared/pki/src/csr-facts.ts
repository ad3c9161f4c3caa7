/** Reads certification requests (PKCS #10, RFC 2986): all that one asks for, nothing of it trusted. */

import type { KeyObject } from 'node:crypto';
import type { AlternativeNames, ExtendedKeyUsage, KeyAlgorithm, SubjectName } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { type DerElement, malformed, readDer } from './der.ts';
import { integerOf, isNumber, oidOf, sequenceOf, setOf, wholeBitsOf } from './der-values.ts';
import { readName } from './distinguished-name.ts';
import { type Extension, factsOfExtensions, type KeyUsageName, readExtensions } from './extensions.ts';
import { oid } from './oids.ts';
import { publicKeyOfSpki, readPublicKey } from './public-key.ts';
import { isSignatureValid, type SignedParts } from './signature.ts';

export interface CsrFacts {
  /** What was read. */
  readonly der: Uint8Array;
  readonly subject: SubjectName;
  /** Object identifiers of subject attributes other than one common name and organizations. */
  readonly otherSubjectAttributes: readonly string[];
  readonly alternativeNames: AlternativeNames;
  /** Alternative names of other kinds: `email:…`, `URI:…`, `otherName`, `dirName`, … */
  readonly otherNames: readonly string[];
  /** Object identifier of every requested extension. */
  readonly extensionOids: readonly string[];
  /** Object identifiers of attributes other than the extension request. */
  readonly otherAttributes: readonly string[];
  readonly usages: readonly ExtendedKeyUsage[];
  readonly otherUsages: readonly string[];
  readonly keyUsages: readonly KeyUsageName[];
  /** Whether it asks for a CA certificate: by basic constraints or by the key usages of one. */
  readonly requestsCa: boolean;
  /** undefined: weak or of a kind that we do not accept, as `keyDescription` says. */
  readonly keyAlgorithm: KeyAlgorithm | undefined;
  readonly keyDescription: string;
  readonly spkiFingerprint: string;
  readonly spkiDer: Uint8Array;
  /** Whether the requester has the private key (false also for MD5, SHA-1 and other algorithms we do not accept). */
  readonly signatureValid: boolean;
}

/** RSA-4096 with a hundred long names is below 8 KiB. */
export const maxCsrBytes = 16_384;

/**
 * Reads one request, DER. AppError INVALID_INPUT, with `details.reason` `too-large` or `malformed`, for anything that is not
 * exactly one well-formed request.
 */
export function parseCsr(der: Uint8Array): CsrFacts {
  const { facts, signed, publicKey } = readRequest(der);
  return { ...facts, signatureValid: publicKey !== undefined && isSignatureValid(signed, publicKey) };
}

/** A request whose signature nobody has looked at yet. */
interface UnverifiedRequest {
  readonly facts: Omit<CsrFacts, 'signatureValid'>;
  readonly signed: SignedParts;
  /** undefined: of a key that we do not accept. OpenSSL is not asked about those: some cost seconds. */
  readonly publicKey: KeyObject | undefined;
}

function readRequest(der: Uint8Array): UnverifiedRequest {
  if (der.length > maxCsrBytes) {
    throw new AppError('INVALID_INPUT', `read CSR: larger than ${maxCsrBytes} bytes`, {
      details: { reason: 'too-large' },
    });
  }
  const [toBeSigned, algorithm, signature, ...rest] = sequenceOf(readDer(der), 'CSR');
  if (toBeSigned === undefined || rest.length > 0) throw malformed('read CSR: of unknown shape');
  oidOf(sequenceOf(algorithm, 'CSR signature')[0], 'CSR signature');
  wholeBitsOf(signature, 'CSR signature');
  const [version, name, key, attributes, ...more] = sequenceOf(toBeSigned, 'CSR');
  if (attributes?.tag !== 0xa0 || more.length > 0) throw malformed('read CSR: of unknown shape');
  if (!isNumber(integerOf(version, 'CSR version'), 0)) throw malformed('read CSR: unknown version');
  const { subject, otherAttributes: otherSubjectAttributes } = readName(name, 'CSR subject');
  const { extensions, otherAttributes } = readAttributes(attributes);
  const facts = factsOfExtensions(extensions, 'CSR extension');
  const publicKey = readPublicKey(key, 'CSR key');
  const read: Omit<CsrFacts, 'signatureValid'> = {
    der,
    subject,
    otherSubjectAttributes,
    alternativeNames: facts.alternativeNames,
    otherNames: facts.otherNames,
    extensionOids: extensions.map((extension) => extension.oid),
    otherAttributes,
    usages: facts.usages,
    otherUsages: facts.otherUsages,
    keyUsages: facts.keyUsages,
    requestsCa: facts.isCa || facts.keyUsages.some((usage) => usage === 'keyCertSign' || usage === 'cRLSign'),
    keyAlgorithm: publicKey.keyAlgorithm,
    keyDescription: publicKey.keyDescription,
    spkiFingerprint: publicKey.spkiFingerprint,
    spkiDer: publicKey.spkiDer,
  };
  const isAccepted = publicKey.keyAlgorithm !== undefined;
  return {
    facts: read,
    signed: { toBeSigned, algorithm, signature },
    publicKey: isAccepted ? publicKeyOfSpki(publicKey.spkiDer, 'CSR key') : undefined,
  };
}

function readAttributes(attributes: DerElement): {
  extensions: readonly Extension[];
  otherAttributes: readonly string[];
} {
  const otherAttributes: string[] = [];
  let extensions: readonly Extension[] | undefined;
  for (const attribute of attributes.children) {
    const [typeElement, values, ...rest] = sequenceOf(attribute, 'CSR attribute');
    if (rest.length > 0) throw malformed('read CSR attribute: of unknown shape');
    const type = oidOf(typeElement, 'CSR attribute');
    const [value, ...others] = setOf(values, 'CSR attribute');
    if (type !== oid.extensionRequest) {
      otherAttributes.push(type);
      continue;
    }
    if (extensions !== undefined || others.length > 0) throw malformed('read CSR attribute: extension request twice');
    extensions = readExtensions(value, 'CSR extension');
  }
  return { extensions: extensions ?? [], otherAttributes };
}
