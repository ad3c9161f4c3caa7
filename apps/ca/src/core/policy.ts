/**
 * What the CA signs: a literal list of checks, in this order.
 *
 *   ASKED ──callerChecks──▶ KNOWN ──read──▶ READ ──requestChecks──▶ allow | repeat
 *     └──────────────────────┴───────────────┴───────────────────▶ deny
 *
 * READ has the certificate spec that the list yields for the authenticated host, and the parsed request; the request is
 * granted when it equals the spec. There is no second, looser rule.
 */

import { hash } from 'node:crypto';
import type { CertificateSpec } from '@easycerts/cluster';
import { type DenyReason, type Finding, firstFinding, isAppError, type ReissueReason } from '@easycerts/core';
import { type CsrFacts, parseCsr } from '@easycerts/pki';
import { callerChecks } from './caller-checks.ts';
import type { RegisteredHost } from './registered-host.ts';
import { requestChecks } from './request-checks.ts';

/** The request as it came in. */
export interface SigningRequest {
  readonly name: string;
  readonly csrDer: Uint8Array;
  readonly requestId: string;
  readonly requestedAtMs: number;
  readonly reason: string;
}

/** A request and everything known about who makes it. */
export interface Attempt {
  readonly request: SigningRequest;
  /** From the client certificate; undefined when there is no proper one. */
  readonly caller: { readonly host: string; readonly role: 'master' | 'node' } | undefined;
  /** What the register says about that host; undefined: nothing. */
  readonly host: RegisteredHost | undefined;
  /** Whether the client certificate has been revoked. */
  readonly isCertificateRevoked: boolean;
  readonly isWithinRate: boolean;
  /** What {@link readCsr} made of the request's CSR; absent: it is read now. */
  readonly csr?: ReadCsr | undefined;
  readonly now: Date;
}

/** What the policy looks up while it decides. */
export interface PolicyFacts {
  /** The certificate list for a registered host. */
  readonly certificatesOf: (host: RegisteredHost) => readonly CertificateSpec[];
  /** What a public key has been certified for, if it has. */
  readonly useOfKey: (spkiFingerprint: string) => KeyUse | undefined;
}

export interface KeyUse {
  readonly serial: string;
  /** {@link requestHashOf} of the request that was granted. */
  readonly requestHash: string;
}

/** A request that has been read, and what it must equal. */
export interface ReadRequest {
  readonly request: SigningRequest;
  readonly spec: CertificateSpec;
  readonly csr: CsrFacts;
  readonly now: Date;
}

declare const checked: unique symbol;

/** A request that has passed every check: only {@link authoriseRead} makes one, so that nothing is signed unchecked. */
export interface CheckedRequest {
  readonly [checked]: true;
  /** Who it is for: a host, or `automation/<name>`. */
  readonly host: string;
  readonly spec: CertificateSpec;
  readonly spkiDer: Uint8Array;
  readonly spkiFingerprint: string;
  readonly requestHash: string;
  readonly reason: ReissueReason;
}

export type Authorised =
  | { readonly kind: 'allow'; readonly request: CheckedRequest }
  /** Granted before: same host, name, request id and CSR. */
  | { readonly kind: 'repeat'; readonly serial: string }
  | { readonly kind: 'deny'; readonly finding: Finding<DenyReason> };

/** Decides about one attempt. */
export function authorise(attempt: Attempt, facts: PolicyFacts): Authorised {
  const refused = firstFinding(callerChecks, attempt);
  if (refused !== undefined) return { kind: 'deny', finding: refused };
  const read = readAttempt(attempt, facts);
  if ('reason' in read) return { kind: 'deny', finding: read };
  return authoriseRead(read.holder, read, facts);
}

/** The last part of every decision: the request against its spec, and its key against all that were certified. */
export function authoriseRead(holder: string, read: ReadRequest, facts: Pick<PolicyFacts, 'useOfKey'>): Authorised {
  const finding = firstFinding(requestChecks, read);
  if (finding !== undefined) return { kind: 'deny', finding };
  const requestHash = requestHashOf(holder, read.request);
  const use = facts.useOfKey(read.csr.spkiFingerprint);
  if (use === undefined) return { kind: 'allow', request: checkedRequest(holder, read, requestHash) };
  if (use.requestHash === requestHash) return { kind: 'repeat', serial: use.serial };
  const detail = 'this public key has been certified before: a new certificate needs a new key';
  return { kind: 'deny', finding: { reason: 'replayed', detail } };
}

/** What makes two requests the same: host, name, request id and the CSR to the last byte. SHA-256, hexadecimal, 128 bits. */
export function requestHashOf(
  host: string,
  { name, requestId, csrDer }: Pick<SigningRequest, 'name' | 'requestId' | 'csrDer'>,
): string {
  // Lengths keep the parts apart.
  const before = [host, name, requestId].map((part) => `${part.length}:${part}`).join('');
  return hash('sha256', Buffer.concat([Buffer.from(`${before}${csrDer.length}:`), csrDer])).slice(0, 32);
}

function readAttempt(
  attempt: Attempt,
  facts: PolicyFacts,
): (ReadRequest & { readonly holder: string }) | Finding<DenyReason> {
  const { host, request } = attempt;
  // callerChecks have refused an unknown host; this tells the compiler.
  if (host === undefined) return { reason: 'unknown-host', detail: 'not in the register' };
  const spec = facts.certificatesOf(host).find((candidate) => candidate.name === request.name);
  if (spec === undefined) {
    return {
      reason: 'not-in-list',
      detail: `the certificate list has no such certificate for host ${host.record.name}`,
    };
  }
  const csr = csrOf(attempt);
  return 'reason' in csr ? csr : { request, spec, csr, now: attempt.now, holder: host.record.name };
}

/** What was read of another CSR than the request's counts for nothing. */
function csrOf({ csr, request }: Attempt): ReadCsr {
  if (csr === undefined || ('der' in csr && csr.der !== request.csrDer)) return readCsr(request.csrDer);
  return csr;
}

/** Whether a request has a right to have its CSR looked at. */
export function isAdmitted(attempt: Attempt): boolean {
  return firstFinding(callerChecks, attempt) === undefined;
}

/** What a CSR says, or why it cannot be read. */
export type ReadCsr = CsrFacts | Finding<DenyReason>;

/** Reads a CSR. Only for a request that {@link isAdmitted}: it is work. */
export function readCsr(csrDer: Uint8Array): ReadCsr {
  try {
    return parseCsr(csrDer);
  } catch (error) {
    if (!isAppError(error, 'INVALID_INPUT')) throw error;
    return { reason: error.details.reason === 'too-large' ? 'too-large' : 'malformed', detail: error.message };
  }
}

function checkedRequest(holder: string, { spec, csr, request }: ReadRequest, requestHash: string): CheckedRequest {
  const { spkiDer, spkiFingerprint } = csr;
  const reason = request.reason as ReissueReason;
  return { host: holder, spec, spkiDer, spkiFingerprint, requestHash, reason } as CheckedRequest;
}
