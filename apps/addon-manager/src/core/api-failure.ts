/** A refusal of the API server → the project's error, with what to do about it. */

import type { ErrorCode } from '@easycerts/core';
import { AppError, isAppError } from '@easycerts/core';
import type { ApiAnswer } from '@easycerts/runtime';

/** Which of our failures say something about the connection and not about one object. */
const connectionReasons: readonly unknown[] = ['unreachable', 'unauthenticated'];

/**
 * The error of an answer that is not 2xx. `doing`: verb and object. `isSecret`: the server's words may quote the object, so
 * they are left out.
 */
export function apiFailure(doing: string, answer: ApiAnswer, isSecret: boolean): AppError {
  const status = statusOf(answer.body);
  const { code, reason, cure } = meaningOf(answer.status, status.reason);
  const words = isSecret ? status.reason : status.message;
  const message = `${doing}: ${words === '' ? `the API server answered ${answer.status}` : words}`;
  return new AppError(code, message, { details: { reason, cure, status: answer.status } });
}

/** Whether the failure is one of the whole connection, so that the other objects need not be tried now. */
export function isConnectionFailure(error: AppError): boolean {
  return connectionReasons.includes(error.details.reason);
}

/** Whether others may cure the failure without anybody changing the manifest. */
export function isTransientFailure(error: AppError): boolean {
  const codes: readonly ErrorCode[] = [
    'UNAVAILABLE',
    'NOT_FOUND',
    'CONFLICT',
    'DEADLINE_EXCEEDED',
    'PERMISSION_DENIED',
    'UNAUTHENTICATED',
  ];
  return codes.some((code) => isAppError(error, code));
}

interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly cure: string;
}

function meaningOf(status: number, reason: string): Meaning {
  switch (status) {
    case 401:
      return {
        code: 'UNAUTHENTICATED',
        reason: 'unauthenticated',
        cure: 'see `certmgr check` for the client certificate of the kubeconfig',
      };
    case 403:
      return {
        code: 'PERMISSION_DENIED',
        reason: 'forbidden',
        cure: 'give User system:kube-addon-manager the right by a role and its binding in addonManager.bootstrapAddons',
      };
    case 404:
      return {
        code: 'NOT_FOUND',
        reason: 'not-found',
        cure: 'add the namespace or the CustomResourceDefinition that it needs',
      };
    case 409:
      return reason === 'AlreadyExists'
        ? { code: 'ALREADY_EXISTS', reason: 'already-exists', cure: 'nothing: it is looked at again' }
        : { code: 'CONFLICT', reason: 'conflict', cure: 'nothing: it is tried again' };
    case 429:
    case 503:
      return { code: 'UNAVAILABLE', reason: 'overloaded', cure: 'nothing: it is tried again' };
    case 400:
    case 415:
    case 422:
      return {
        code: 'INVALID_INPUT',
        reason: 'invalid',
        cure: 'mend the manifest; where a field cannot change, delete the object and it is made anew',
      };
    case 504:
      return { code: 'DEADLINE_EXCEEDED', reason: 'timeout', cure: 'nothing: it is tried again' };
    default:
      return {
        code: status >= 500 ? 'UNAVAILABLE' : 'INTERNAL',
        reason: 'failed',
        cure: 'see the log of kube-apiserver',
      };
  }
}

function statusOf(body: unknown): { readonly message: string; readonly reason: string } {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  if (typeof body !== 'object' || body === null) return { message: '', reason: '' };
  return { message: 'message' in body ? text(body.message) : '', reason: 'reason' in body ? text(body.reason) : '' };
}
