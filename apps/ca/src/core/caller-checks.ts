/** The checks of who calls and how much, before anything of the CSR is looked at. */

import { type Check, type DenyReason, reissueReasons } from '@easycerts/core';
import { maxCsrBytes } from '@easycerts/pki';
import type { Attempt } from './policy.ts';
import { roleOf } from './registered-host.ts';

/** What the checks of the host itself look at: the same for every call. */
export type CallerFacts = Pick<Attempt, 'caller' | 'host' | 'isCertificateRevoked' | 'isWithinRate'>;

type HostCheck = Check<CallerFacts, DenyReason>;
type CallerCheck = Check<Attempt, DenyReason>;

const isAuthenticated: HostCheck = ({ caller }) =>
  caller === undefined ? { reason: 'unauthenticated', detail: 'no host identity' } : undefined;

/** Before anything that the register says: the old identity of a host that has joined again under its name is refused as that. */
const showsValidCertificate: HostCheck = ({ isCertificateRevoked }) =>
  isCertificateRevoked ? { reason: 'certificate-revoked', detail: 'the certificate has been revoked' } : undefined;

const isRegistered: Check<Pick<CallerFacts, 'host'>, DenyReason> = ({ host }) =>
  host === undefined ? { reason: 'unknown-host', detail: 'the host is not in the register' } : undefined;

const isNotRevoked: Check<Pick<CallerFacts, 'host'>, DenyReason> = ({ host }) =>
  host?.isRevoked === true ? { reason: 'host-revoked', detail: 'the host has been revoked' } : undefined;

/** A host that was a master and is a node now shows its old certificate until it is renewed, and the other way round. */
const hasRegisteredRole: HostCheck = ({ caller, host }) => {
  if (caller === undefined || host === undefined || roleOf(host.record) === caller.role) return undefined;
  return {
    reason: 'unauthenticated',
    detail: `the certificate says ${caller.role}, the register ${roleOf(host.record)}`,
  };
};

const isWithinRate: Check<Pick<CallerFacts, 'isWithinRate'>, DenyReason> = (attempt) =>
  attempt.isWithinRate ? undefined : { reason: 'rate-limited', detail: 'too many requests' };

/** Of every request with a CSR. */
export const isSmall: Check<{ readonly request: { readonly csrDer: Uint8Array } }, DenyReason> = ({ request }) =>
  request.csrDer.length > maxCsrBytes
    ? { reason: 'too-large', detail: `the CSR has more than ${maxCsrBytes} bytes` }
    : undefined;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Of every request that can be repeated. */
export const hasRequestId: Check<{ readonly request: { readonly requestId: string } }, DenyReason> = ({ request }) =>
  uuidPattern.test(request.requestId) ? undefined : { reason: 'malformed', detail: 'the request id is not a UUID' };

const hasReason: CallerCheck = ({ request }) =>
  reissueReasons.some((reason) => reason === request.reason)
    ? undefined
    : { reason: 'malformed', detail: 'the reason is not one of the list' };

/** What the register says of a host that has shown who it is in another way than by its certificate. */
export const registrationChecks = [isRegistered, isNotRevoked] as const;

/** For every call of such a host, in this order: who, how often. */
export const admissionChecks = [...registrationChecks, isWithinRate] as const;

/** What a caller is, in this order. Looked at again after a certificate is recorded, in case it changed meanwhile. */
export const standingChecks: readonly HostCheck[] = [
  isAuthenticated,
  showsValidCertificate,
  ...registrationChecks,
  hasRegisteredRole,
];

/** For every call, in this order: who, how often. */
export const hostChecks: readonly HostCheck[] = [...standingChecks, isWithinRate];

/** For signing: who, how often, how much, for what. */
export const callerChecks: readonly CallerCheck[] = [...hostChecks, isSmall, hasRequestId, hasReason];
