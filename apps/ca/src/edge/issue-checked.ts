/** Signs a checked request and looks at the result with a stranger's eyes: what it returns may be recorded. */

import { AppError } from '@easycerts/core';
import { type CertificateFacts, issueCertificate, newSerial, parseCertificate, verifyElsewhere } from '@easycerts/pki';
import type { LedgerRecord } from '../core/ledger-record.ts';
import type { CheckedRequest } from '../core/policy.ts';
import { checkIssued } from '../core/self-check.ts';
import { templateOf } from '../core/template.ts';
import type { Authorities } from './authority-files.ts';

export interface IssueContext {
  readonly authorities: Authorities;
  readonly now: Date;
  /** node:crypto's, for the serial number. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Reserved for this request before; absent: a new one. */
  readonly serial?: string;
}

export interface IssuedCertificateRecord {
  readonly certificate: CertificateFacts;
  readonly record: LedgerRecord;
}

/** Signs. AppError FAILED_PRECONDITION when the CA has expired, INTERNAL when the result is not what was to be signed. */
export async function issueChecked(request: CheckedRequest, context: IssueContext): Promise<IssuedCertificateRecord> {
  const { authorities, now, randomBytes } = context;
  const { host, spec, requestHash, reason, spkiFingerprint } = request;
  const authority = authorities[spec.authority];
  const serial = context.serial ?? newSerial(randomBytes);
  const template = templateOf({ request, authority: authority.certificate, serial, now });
  const der = await issueCertificate({ authority, template });
  const certificate = parseCertificate(der);
  await verifyElsewhere(certificate, authority.certificate);
  const finding = checkIssued({ certificate, template, authority: authority.certificate, now });
  if (finding !== undefined) {
    throw new AppError(
      'INTERNAL',
      `certificate ${spec.name} of ${host} is not what was to be signed: ${finding.detail}`,
      {
        details: { reason: finding.reason, cure: 'nothing was issued; this is a defect: report it' },
      },
    );
  }
  const record: LedgerRecord = {
    serial,
    authority: spec.authority,
    host,
    name: spec.name,
    reason,
    requestHash,
    spkiFingerprint,
    notAfterMs: certificate.notAfter.getTime(),
    issuedAtMs: now.getTime(),
    certificateDer: der,
  };
  return { certificate, record };
}
