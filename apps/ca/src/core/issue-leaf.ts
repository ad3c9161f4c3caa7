/** Makes one certificate, and looks at it with a stranger's eyes before anybody gets it. */

import { AppError } from '@easycerts/core';
import { type Authority, type CertificateTemplate, issueCertificate, parseCertificate } from '@easycerts/pki';
import { checkIssued } from './self-check.ts';

export interface LeafRequest {
  readonly authority: Authority;
  readonly template: CertificateTemplate;
  readonly now: Date;
}

/** The certificate, DER. AppError INVALID_INPUT for a template that nobody should sign, INTERNAL when the result is another one. */
export function issueLeaf({ authority, template, now }: LeafRequest): Uint8Array {
  const der = issueCertificate({ authority, template });
  const finding = checkIssued({
    certificate: parseCertificate(der),
    template,
    authority: authority.certificate,
    now,
  });
  if (finding === undefined) return der;
  throw new AppError('INTERNAL', `certificate ${template.serial} is not what was to be signed: ${finding.detail}`, {
    details: { reason: finding.reason, cure: 'nothing was issued; this is a defect: report it' },
  });
}
