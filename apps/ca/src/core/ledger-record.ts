/** What the ledger keeps of every certificate, and the messages in which it travels: JSON, several records a message. */

import { type AuthorityName, authorityNames } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { type CertificateFacts, parseCertificate } from '@easycerts/pki';
import { isObject } from './stored-json.ts';

export interface LedgerRecord {
  readonly serial: string;
  readonly authority: AuthorityName;
  /** The host it was issued to (or `automation/<name>`), and the name in the certificate list. */
  readonly host: string;
  readonly name: string;
  readonly reason: string;
  /** Identifies the request, see requestHashOf. */
  readonly requestHash: string;
  readonly spkiFingerprint: string;
  readonly notAfterMs: number;
  readonly issuedAtMs: number;
  readonly certificateDer: Uint8Array;
}

/** Raised when a later version writes what this one cannot read. */
const formatVersion = 1;

/** One message with all records. */
export function encodeRecords(records: readonly LedgerRecord[]): Uint8Array {
  const written = records.map(({ certificateDer, ...others }) => ({
    ...others,
    certificate: Buffer.from(certificateDer).toString('base64'),
  }));
  return Buffer.from(JSON.stringify({ version: formatVersion, records: written }));
}

/** Bytes that a record takes in a message, a little more than less. */
export function encodedLength(record: LedgerRecord): number {
  return Math.ceil((record.certificateDer.length * 4) / 3) + 600;
}

/**
 * The records of a message. `where` names it in errors. AppError DAMAGED when it is not whole, FAILED_PRECONDITION when a
 * newer version wrote it.
 */
export function decodeRecords(data: Uint8Array, where: string): readonly LedgerRecord[] {
  const message = parseJson(data, where);
  if (!isObject(message) || !Array.isArray(message.records)) throw damaged(where, 'not a message of records');
  if (message.version !== formatVersion) {
    throw new AppError('FAILED_PRECONDITION', `read ${where}: written in format ${Number(message.version)}`, {
      details: { cure: 'install the version of easycerts that wrote it, or a newer one' },
    });
  }
  return message.records.map((record) => recordOf(record, where));
}

/** The certificate of a record. AppError DAMAGED when it is not the one that the record names. */
export function certificateOf(record: LedgerRecord): CertificateFacts {
  try {
    const certificate = parseCertificate(record.certificateDer);
    if (certificate.serial === record.serial && certificate.spkiFingerprint === record.spkiFingerprint)
      return certificate;
  } catch (error) {
    throw damaged(`record ${record.serial}`, 'its certificate cannot be read', error);
  }
  throw damaged(`record ${record.serial}`, 'its certificate is another one');
}

function recordOf(value: unknown, where: string): LedgerRecord {
  if (!isObject(value)) throw damaged(where, 'a record is not an object');
  const text = (field: string, pattern: RegExp): string => {
    const found = value[field];
    if (typeof found === 'string' && pattern.test(found)) return found;
    throw damaged(where, `${field} of a record is missing or wrong`);
  };
  const time = (field: string): number => {
    const found = value[field];
    if (typeof found === 'number' && Number.isSafeInteger(found)) return found;
    throw damaged(where, `${field} of a record is missing or wrong`);
  };
  const authority = authorityNames.find((name) => name === value.authority);
  if (authority === undefined) throw damaged(where, 'authority of a record is missing or wrong');
  return {
    serial: text('serial', /^[1-9a-f][0-9a-f]{0,39}$/),
    authority,
    host: text('host', /^(automation\/)?[a-z0-9-]{1,63}$/),
    name: text('name', /^[a-z0-9-]{1,63}$/),
    reason: text('reason', /^[a-z-]{1,32}$/),
    requestHash: text('requestHash', /^[0-9a-f]{32}$/),
    spkiFingerprint: text('spkiFingerprint', /^[0-9a-f]{64}$/),
    notAfterMs: time('notAfterMs'),
    issuedAtMs: time('issuedAtMs'),
    certificateDer: new Uint8Array(Buffer.from(text('certificate', /^[A-Za-z0-9+/]+=*$/), 'base64')),
  };
}

function parseJson(data: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch (error) {
    throw damaged(where, 'not JSON', error);
  }
}

function damaged(where: string, why: string, cause?: unknown): AppError {
  return new AppError('DAMAGED', `read ${where}: ${why}`, {
    cause,
    details: { cure: 'restore the store of the bus from a backup of this master' },
  });
}
