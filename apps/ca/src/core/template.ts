/** What is signed: made from the certificate list alone, never from the CSR (but for its public key). */

import { AppError, minuteMs } from '@easycerts/core';
import { type CertificateFacts, type CertificateTemplate, wholeSeconds } from '@easycerts/pki';
import type { CheckedRequest } from './policy.ts';

/** Hosts whose clock is a little behind must be able to use a certificate at once. */
export const backdateMs = 5 * minuteMs;

export interface TemplateRequest {
  readonly request: CheckedRequest;
  /** The certificate of the CA that is going to sign. */
  readonly authority: CertificateFacts;
  readonly serial: string;
  readonly now: Date;
}

/**
 * The template of a granted request. Begins five minutes ago and ends with the validity of the list, but never outside the
 * CA's own. AppError FAILED_PRECONDITION when the CA is outside its validity at `now`.
 */
export function templateOf({ request, authority, serial, now }: TemplateRequest): CertificateTemplate {
  const { spec, spkiDer } = request;
  const nowMs = now.getTime();
  const caEndMs = authority.notAfter.getTime();
  const caStartMs = authority.notBefore.getTime();
  if (nowMs >= caEndMs) {
    throw new AppError(
      'FAILED_PRECONDITION',
      `sign with CA ${spec.authority}: it expired ${authority.notAfter.toISOString()}`,
      {
        details: { cure: 'replace this CA: see docs/runbooks' },
      },
    );
  }
  if (nowMs < caStartMs) {
    throw new AppError(
      'FAILED_PRECONDITION',
      `sign with CA ${spec.authority}: valid from ${authority.notBefore.toISOString()} on`,
      {
        details: { cure: 'set the clock of this machine' },
      },
    );
  }
  return {
    serial,
    subject: spec.subject,
    alternativeNames: spec.alternativeNames,
    usages: spec.usages,
    notBefore: wholeSeconds(new Date(Math.max(nowMs - backdateMs, caStartMs))),
    notAfter: wholeSeconds(new Date(Math.min(nowMs + spec.validityS * 1_000, caEndMs))),
    spkiDer,
  };
}
