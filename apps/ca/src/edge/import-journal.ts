/** Brings what `ca init` issued before there was a ledger into the ledger: each record once, however often it is tried. */

import { readFile } from 'node:fs/promises';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { verifyCertificate } from '@easycerts/pki';
import { certificateOf, decodeRecords, type LedgerRecord } from '../core/ledger-record.ts';
import type { Authorities } from './authority-files.ts';
import type { Ledger } from './ledger.ts';

/** The journal of `ca init`, in the format of the ledger's messages. */
export function journalFile(caDirectory: string): string {
  return `${caDirectory}/initial-certificates.json`;
}

/**
 * Appends what the ledger does not have yet, and returns it. AppError DAMAGED when the journal cannot be read or holds a
 * certificate that no authority of ours signed.
 */
export async function importJournal(
  caDirectory: string,
  authorities: Authorities,
  ledger: Pick<Ledger, 'has' | 'append'>,
): Promise<readonly LedgerRecord[]> {
  const path = journalFile(caDirectory);
  const records = decodeJournal(await readJournal(path), path);
  const missing = records.filter(({ serial }) => !ledger.has(serial));
  for (const record of missing) assertOurs(record, authorities, path);
  await Promise.all(missing.map((record) => ledger.append(record)));
  return missing;
}

async function readJournal(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') throw damaged(path, 'it is missing', error);
    throw toAppError(error, `read ${path}`);
  }
}

function decodeJournal(data: Uint8Array, path: string): readonly LedgerRecord[] {
  try {
    return decodeRecords(data, path);
  } catch (error) {
    throw damaged(path, toAppError(error, 'read').message, error);
  }
}

function assertOurs(record: LedgerRecord, authorities: Authorities, path: string): void {
  const certificate = certificateOf(record);
  const bundle = [authorities[record.authority].certificate];
  // Whether it has expired since does not matter: it was issued.
  const finding = verifyCertificate({ certificate, bundle, at: certificate.notBefore });
  if (finding !== undefined) throw damaged(path, `record ${record.serial}: ${finding.detail}`, finding);
}

function damaged(path: string, why: string, cause: unknown): AppError {
  return new AppError('DAMAGED', `read the journal of ca init ${path}: ${why}`, {
    cause,
    details: { path, cure: `restore ${path} from a backup of this master` },
  });
}
