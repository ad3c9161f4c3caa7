/** A refused enrolment: counted against its source, told, and the error that the machine gets. */

import type { EnrolRequest } from '@easycerts/contracts';
import { AppError, type DenyReason, type Finding } from '@easycerts/core';
import { peerAddressOf, sourceOf } from '../../core/peer-address.ts';
import type { CallEnvironment } from '../call-environment.ts';
import { refusalError } from '../refusal-error.ts';

/** The error to throw. Says nothing of the secret, and of the id only what can be one. */
export function refuseEnrolment(
  { audit, enrolments, clock, view }: Pick<CallEnvironment, 'audit' | 'enrolments' | 'clock' | 'view'>,
  refused: { readonly request: EnrolRequest; readonly peer: string; readonly finding: Finding<DenyReason> },
): AppError {
  const { request, peer, finding } = refused;
  const { reason } = finding;
  const now = clock.now();
  const source = sourceOf(peerAddressOf(peer));
  const isCalm = enrolments.isCalm(now);
  const isLimited = reason === 'rate-limited';
  // Another kind of key is asked for with a token that is right: the machine could not know.
  if (!isLimited && reason !== 'weak-key') enrolments.failed(source, now);
  // Beyond what the limit of one source or of all lets through, one of a kind is told now and then.
  const floodKey = !isCalm ? `enrol/${reason}` : isLimited ? `enrol/${reason}/${source}` : undefined;
  const tokenId = /^[0-9a-f]{12}$/.test(request.tokenId) ? request.tokenId : 'malformed';
  const host = request.host.slice(0, 100);
  audit.tokenRefused({ tokenId, host, finding, peer }, floodKey);
  const error = refusalError(`enrol host ${JSON.stringify(host)}`, finding);
  if (reason !== 'weak-key') return error;
  const { keyAlgorithm } = view.config.pki;
  return new AppError(error.code, error.message, { details: { ...error.details, keyAlgorithm } });
}
