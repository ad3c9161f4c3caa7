/**
 * Trades a join token for a host identity.
 *
 *   for each endpoint: find the pinned CA ──not there──▶ next endpoint
 *                            │ found
 *                            ▼
 *                   call Enrol, trusting that CA alone ──away──▶ next endpoint
 *                            └──answer or refusal──▶ end
 *
 * Nothing of the token leaves this host before its CA was found, and then only over a connection that this CA vouches for.
 */

import type { JoinToken } from '@easycerts/cluster';
import { EnrolmentService, type EnrolRequest, type EnrolResponse } from '@easycerts/contracts';
import { AppError, type Clock, type ErrorCode, isAppError, secondMs } from '@easycerts/core';
import type { CertificateFacts } from '@easycerts/pki';
import { connectGrpcService } from '../grpc-client.ts';
import { findPinnedAuthority } from './pinned-authority.ts';

export type EnrolmentRequest = Omit<EnrolRequest, 'tokenId' | 'tokenSecret'>;

export interface EnrolmentOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** For one endpoint: to find the CA, default 5 s, and for the call, default 30 s. */
  readonly connectTimeoutMs?: number;
  readonly callTimeoutMs?: number;
}

export interface EnrolmentAnswer extends EnrolResponse {
  /** The CA that the token pins, as the server has shown it. */
  readonly authority: CertificateFacts;
  /** Which endpoint answered. */
  readonly endpoint: string;
}

/** A signed identity and a node document; far above any real one. */
const maxAnswerBytes = 1024 * 1024;
/** The ledger and the register write to disk, and two hundred hosts may come at once. */
const defaultCallTimeoutMs = 30 * secondMs;

/** Another endpoint may have what this one does not: it is no answer of the cluster's CA. */
const triesNext: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED']);

/**
 * Enrols at the first endpoint of the token that can be trusted and answers. AppError of the CA for a refusal; otherwise the
 * gravest of what happened at the endpoints: another server (UNAUTHENTICATED) before one that is away (UNAVAILABLE).
 */
export async function enrolWithToken(
  token: JoinToken,
  request: EnrolmentRequest,
  options: EnrolmentOptions,
): Promise<EnrolmentAnswer> {
  let failure: AppError | undefined;
  for (const endpoint of token.endpoints) {
    options.signal?.throwIfAborted();
    const outcome = await enrolAt(endpoint, { token, request, options });
    if (outcome.kind === 'answer') return outcome.answer;
    failure = graver(failure, outcome.error);
  }
  throw failure ?? new AppError('INVALID_INPUT', 'the join token names no endpoint');
}

type Outcome =
  | { readonly kind: 'answer'; readonly answer: EnrolmentAnswer }
  | { readonly kind: 'next'; readonly error: AppError };

interface Enrolment {
  readonly token: JoinToken;
  readonly request: EnrolmentRequest;
  readonly options: EnrolmentOptions;
}

async function enrolAt(endpoint: string, { token, request, options }: Enrolment): Promise<Outcome> {
  const { clock, signal, connectTimeoutMs, callTimeoutMs } = options;
  const ending = signal === undefined ? {} : { signal };
  const timeout = connectTimeoutMs === undefined ? {} : { timeoutMs: connectTimeoutMs };
  let authority: Awaited<ReturnType<typeof findPinnedAuthority>>;
  try {
    authority = await findPinnedAuthority({ endpoint, pin: token.pin, clock, ...timeout, ...ending });
  } catch (error) {
    if (!isAppError(error) || error.code === 'CANCELLED') throw error;
    return { kind: 'next', error };
  }
  const client = connectGrpcService(EnrolmentService, {
    endpoint,
    trustedCaPem: authority.pem,
    callTimeoutMs: callTimeoutMs ?? defaultCallTimeoutMs,
    maxResponseBytes: maxAnswerBytes,
  });
  try {
    const answer = await client.enrol({ ...request, tokenId: token.id, tokenSecret: token.secret }, ending);
    return { kind: 'answer', answer: { ...answer, authority: authority.certificate, endpoint } };
  } catch (error) {
    if (!isAppError(error) || !triesNext.has(error.code)) throw error;
    return { kind: 'next', error };
  } finally {
    client.close();
  }
}

function graver(one: AppError | undefined, other: AppError): AppError {
  if (one === undefined) return other;
  return triesNext.has(one.code) && !triesNext.has(other.code) ? other : one;
}
