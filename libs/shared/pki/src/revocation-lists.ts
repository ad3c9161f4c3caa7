/** Writes what tells others that certificates are revoked: CRLs (RFC 5280 §5) and OCSP responses (RFC 6960 §4.2). */

import { createHash } from 'node:crypto';
import type { Authority } from './authority.ts';
import { readDer } from './der.ts';
import { type Encoded, element, oidElement, positiveInteger, textElement, timeElement } from './der-encode.ts';
import { sequenceOf, wholeBitsOf } from './der-values.ts';
import { extension } from './name-encode.ts';
import { oid } from './oids.ts';
import { signatureAlgorithms, signed } from './signature-algorithms.ts';

export interface RevokedSerial {
  /** Lowercase hexadecimal. */
  readonly serial: string;
  readonly revokedAt: Date;
}

export interface CrlRequest {
  readonly authority: Authority;
  readonly revoked: readonly RevokedSerial[];
  /** Larger than that of every CRL before; lowercase hexadecimal. */
  readonly number: string;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

export type OcspStatus = { readonly kind: 'good' | 'unknown' } | { readonly kind: 'revoked'; readonly at: Date };

export interface OcspRequest {
  /** Signs itself: no certificate of a responder is needed then. */
  readonly authority: Authority;
  readonly serial: string;
  readonly status: OcspStatus;
  /** Of the issuer's name and key in the CertID. */
  readonly issuerHash: 'sha1' | 'sha256';
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

const [integer, octetString, enumerated, generalizedTime, sequence] = [0x02, 0x04, 0x0a, 0x18, 0x30];

/** The CRL, DER. */
export function createCrl(request: CrlRequest): Uint8Array {
  const { authority, revoked, number, thisUpdate, nextUpdate } = request;
  const { certificate, keyPair } = authority;
  const entries = revoked.map(({ serial, revokedAt }) =>
    element(sequence, positiveInteger(serial), timeElement(revokedAt)),
  );
  const issuerKeyId = element(sequence, element(0x80, Buffer.from(certificate.subjectKeyId, 'hex')));
  const toBeSigned = element(
    sequence,
    element(integer, Buffer.from([1])),
    signatureAlgorithms[keyPair.algorithm].der,
    certificate.subjectDer,
    timeElement(thisUpdate),
    timeElement(nextUpdate),
    // Absent when there is none (§5.1.2.6).
    ...(entries.length === 0 ? [] : [element(sequence, Buffer.concat(entries))]),
    element(
      0xa0,
      element(
        sequence,
        extension(oid.authorityKeyIdentifier, issuerKeyId),
        extension('2.5.29.20', positiveInteger(number)),
      ),
    ),
  );
  return signed(keyPair, toBeSigned);
}

/** The response, DER: one certificate, signed by its issuer. */
export function createOcspResponse(request: OcspRequest): Uint8Array {
  const { authority, serial, status, issuerHash, thisUpdate, nextUpdate } = request;
  const { certificate, keyPair } = authority;
  const single = element(
    sequence,
    certificateId({ authority, serial, issuerHash }),
    statusElement(status),
    fullTime(thisUpdate),
    element(0xa0, fullTime(nextUpdate)),
  );
  const responder = element(0xa1, certificate.subjectDer);
  const responseData = element(sequence, responder, fullTime(thisUpdate), element(sequence, single));
  const basic = signed(keyPair, responseData);
  const bytes = element(sequence, oidElement('1.3.6.1.5.5.7.48.1.1'), element(octetString, basic));
  const successful = element(enumerated, Buffer.from([0]));
  return new Uint8Array(element(sequence, successful, element(0xa0, bytes)));
}

const hashOids = { sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1' } as const;

function certificateId({ authority, serial, issuerHash }: Pick<OcspRequest, 'authority' | 'serial' | 'issuerHash'>) {
  const { subjectDer, spkiDer } = authority.certificate;
  const digest = (data: Uint8Array): Encoded => element(octetString, createHash(issuerHash).update(data).digest());
  // The key without its algorithm.
  const key = wholeBitsOf(sequenceOf(readDer(spkiDer), 'CA key')[1], 'CA key');
  const algorithm = element(sequence, oidElement(hashOids[issuerHash]), element(0x05));
  return element(sequence, algorithm, digest(subjectDer), digest(key), positiveInteger(serial));
}

function statusElement(status: OcspStatus): Encoded {
  if (status.kind === 'revoked') return element(0xa1, fullTime(status.at));
  return element(status.kind === 'good' ? 0x80 : 0x82);
}

function fullTime(time: Date): Encoded {
  return textElement(generalizedTime, `${time.toISOString().replace(/\.\d+Z$|[-:T]/g, '')}Z`);
}
