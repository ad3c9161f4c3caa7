/**
 * Who becomes a host: the checks of the token, and then those of every certificate request. Pure.
 *
 *   ASKED ──enrolmentChecks──▶ a host record ──authorise──▶ allow | repeat
 *     └────────────────────────────┴──────────────────────▶ deny
 *
 * The record holds what the CA knows (the name that the token allows, the address that it sees), and the certificate list
 * for it decides about the CSR, as it does for hosts.
 */

import type { HostRecord, Role } from '@easycerts/cluster';
import { type DenyReason, type Finding, firstFinding } from '@easycerts/core';
import { type EnrolmentAttempt, type EnrolmentRequest, enrolmentChecks } from './enrolment-checks.ts';
import { hostAddressesOf } from './peer-address.ts';
import { authorise, type CheckedRequest, type PolicyFacts, requestHashOf } from './policy.ts';

/** The certificate of the list that a machine enrols for. */
const certificateName = 'host';

export interface EnrolmentFacts extends PolicyFacts {
  /** Addresses that are the master's. */
  readonly masterAddresses: readonly string[];
}

export type EnrolmentDecision =
  | { readonly kind: 'allow'; readonly request: CheckedRequest; readonly record: HostRecord }
  /** Granted before: same host, request id and CSR. */
  | { readonly kind: 'repeat'; readonly serial: string; readonly record: HostRecord }
  | { readonly kind: 'deny'; readonly finding: Finding<DenyReason> };

/** What makes two enrolments the same. */
export function enrolmentHashOf({ host, csrDer, requestId }: EnrolmentRequest): string {
  return requestHashOf(host, { name: certificateName, csrDer, requestId });
}

/** Decides about one attempt. */
export function authoriseEnrolment(attempt: EnrolmentAttempt, facts: EnrolmentFacts): EnrolmentDecision {
  const finding = firstFinding(enrolmentChecks, attempt);
  if (finding !== undefined) return { kind: 'deny', finding };
  const { request, known, now, requestHash } = attempt;
  const isRegistered = known?.enrolment?.requestHash === requestHash;
  const record = isRegistered ? known.record : recordOf(attempt, facts);
  const { csrDer, requestId, requestedAtMs } = request;
  const decision = authorise(
    {
      request: { name: certificateName, csrDer, requestId, requestedAtMs, reason: 'missing' },
      caller: { host: record.name, role: request.role as Role },
      host: { record, isRevoked: known?.isRevoked ?? false },
      // There is none yet: the token stands for it.
      isCertificateRevoked: false,
      isWithinRate: true,
      now,
    },
    facts,
  );
  if (decision.kind === 'deny') return decision;
  if (decision.kind === 'allow') return { ...decision, record };
  if (isRegistered) return { ...decision, record };
  // It was a host, and is none any more, or another one under this name.
  return { kind: 'deny', finding: { reason: 'replayed', detail: 'the host that made this request is gone' } };
}

function recordOf({ request, token, address }: EnrolmentAttempt, { masterAddresses }: EnrolmentFacts): HostRecord {
  const known = { observed: address, ofToken: token?.addresses ?? [], ofMaster: masterAddresses };
  return { name: request.host, roles: [request.role as Role], addresses: hostAddressesOf(known) };
}
