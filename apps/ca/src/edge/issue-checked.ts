/** Signs a checked request; what it returns has been looked at with a stranger's eyes and may be recorded. */

import { type CertificateTemplate, newSerial } from '@easycerts/pki';
import type { LedgerRecord } from '../core/ledger-record.ts';
import type { CheckedRequest } from '../core/policy.ts';
import { templateOf } from '../core/template.ts';
import type { Authorities } from './authority-files.ts';
import type { Signing } from './signing/signing.ts';

export interface IssueContext {
  readonly authorities: Authorities;
  readonly signing: Pick<Signing, 'issue'>;
  readonly now: Date;
  /** node:crypto's, for the serial number. */
  readonly randomBytes: (size: number) => Uint8Array;
  /** Reserved for this request before; absent: a new one. */
  readonly serial?: string;
}

export interface IssuedCertificate {
  /** What the certificate says. */
  readonly template: CertificateTemplate;
  readonly record: LedgerRecord;
}

/** Signs. AppError FAILED_PRECONDITION when the CA has expired, INTERNAL when the result is not what was to be signed. */
export async function issueChecked(request: CheckedRequest, context: IssueContext): Promise<IssuedCertificate> {
  const { authorities, signing, now, randomBytes } = context;
  const { host, spec, requestHash, reason, spkiFingerprint } = request;
  const { authority } = spec;
  const serial = context.serial ?? newSerial(randomBytes);
  const template = templateOf({ request, authority: authorities[authority].certificate, serial, now });
  const certificateDer = await signing.issue({ authority, template, now });
  const record: LedgerRecord = {
    serial,
    authority,
    host,
    name: spec.name,
    reason,
    requestHash,
    spkiFingerprint,
    notAfterMs: template.notAfter.getTime(),
    issuedAtMs: now.getTime(),
    certificateDer,
  };
  return { template, record };
}
