/** Errors as cfssl says them: errors/error.go (codes by category and reason) and errors/http.go (the code is the HTTP status). */

import { type DenyReason, type Finding, isAppError } from '@easycerts/core';

export class CfsslError extends Error {
  override name = 'CfsslError';
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
  }
}

/** What cfssl calls an HTTPError: its code is the HTTP status. */
export function httpError(status: number, message: string): CfsslError {
  return new CfsslError(status, status, message);
}

/** 400 without a code of its own. */
export function badRequest(message: string): CfsslError {
  return httpError(400, message);
}

const knownErrors = {
  certificateUnreadable: [1003, 'Failed to parse certificate'],
  selfSigned: [1100, 'Certificate is self signed'],
  invalidRequest: [5300, 'Policy violation request'],
  unknownProfile: [5400, 'Unknown policy profile'],
  wrongIssuer: [8100, 'Certificate not issued by this issuer'],
  invalidStatus: [8200, 'Invalid revocation status'],
  csrUnreadable: [9003, 'CSR Parsing failed'],
  csrNotPem: [9002, 'CSR Decode failed'],
  noCsr: [9300, 'not a csr'],
} as const;

/** An error of cfssl's own list, with its text. */
export function cfsslError(name: keyof typeof knownErrors): CfsslError {
  const [code, message] = knownErrors[name];
  return new CfsslError(400, code, message);
}

/** A refusal of the policy. cfssl has one code for all of them; the reason and what differs stand behind its text. */
export function refusalAsCfsslError({ reason, detail }: Finding<DenyReason>): CfsslError {
  if (reason === 'rate-limited') return httpError(429, 'too many requests');
  if (reason === 'malformed' || reason === 'too-large') return cfsslError('csrUnreadable');
  const { code, message } = cfsslError('invalidRequest');
  return new CfsslError(400, code, `${message}: ${reason}: ${detail}`);
}

/** Anything thrown; what is not the caller's business stays out of the answer. */
export function asCfsslError(error: unknown): CfsslError {
  if (error instanceof CfsslError) return error;
  const isPassing = isAppError(error, 'UNAVAILABLE') || isAppError(error, 'FAILED_PRECONDITION');
  return isPassing ? new CfsslError(503, 503, error.message, error) : new CfsslError(500, 500, 'internal error', error);
}
