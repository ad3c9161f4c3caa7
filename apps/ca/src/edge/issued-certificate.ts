/** A record of the ledger as the API shows it. */

import type { IssuedCertificate } from '@easycerts/contracts';
import { certificateOf, type LedgerRecord } from '../core/ledger-record.ts';
import type { Revocations } from './revocations.ts';

/** AppError DAMAGED when the record's certificate cannot be read. */
export function issuedCertificateOf(
  record: LedgerRecord,
  options: { readonly withDer: boolean; readonly revocations: Pick<Revocations, 'find'> },
): IssuedCertificate {
  const revocation = options.revocations.find(record.serial);
  const certificate = certificateOf(record);
  const { dns, ip } = certificate.alternativeNames;
  return {
    serial: record.serial,
    authority: record.authority,
    host: record.host,
    name: record.name,
    subject: certificate.subjectText,
    dnsNames: [...dns],
    ipAddresses: [...ip],
    usages: [...certificate.usages],
    notBeforeMs: certificate.notBefore.getTime(),
    notAfterMs: certificate.notAfter.getTime(),
    issuedAtMs: record.issuedAtMs,
    fingerprint: certificate.fingerprint,
    revokedAtMs: revocation?.revokedAtMs ?? 0,
    revocationReason: revocation?.reason ?? '',
    certificateDer: options.withDer ? record.certificateDer : new Uint8Array(),
  };
}
