/** What goes wrong on the bus, as AppError: decided by the classes and codes of the NATS client, never by texts. */

import type { ErrorCode } from '@easycerts/core';
import { AppError } from '@easycerts/core';
import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import {
  AuthorizationError,
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  InvalidArgumentError,
  InvalidSubjectError,
  NoRespondersError,
  PermissionViolationError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node';

/** Codes of nats-server that mean something to our callers (github.com/nats-io/nats-server server/errors.json). */
const codeOfApiError: Readonly<Record<number, ErrorCode>> = {
  10014: 'NOT_FOUND', // consumer not found
  10002: 'NO_SPACE', // resource limits exceeded for account
  10023: 'NO_SPACE', // insufficient resources
  10037: 'NOT_FOUND', // no message found
  10047: 'NO_SPACE', // insufficient storage resources available
  10054: 'INVALID_INPUT', // message size exceeds maximum allowed
  10058: 'CONFLICT', // stream name already in use with a different configuration
  10059: 'NOT_FOUND', // stream not found
  10065: 'CONFLICT', // subjects overlap with an existing stream
  10071: 'CONFLICT', // wrong last sequence
  10077: 'NO_SPACE', // the store failed: its limit is reached or the disk is full
  10164: 'CONFLICT', // wrong last sequence
  10201: 'CONFLICT', // a batch has a message id of the last minutes
};
/** What JetStream answers while it starts, elects a leader or has lost its disk: "service unavailable", like HTTP's. */
const unavailableStatus = 503;

const unavailableCure = 'see whether easycerts-nats runs on the master and answers; the call can be repeated';
const cures: Partial<Readonly<Record<ErrorCode, string>>> = {
  UNAVAILABLE: unavailableCure,
  NO_SPACE: "free disk space below the bus's store directory",
  PERMISSION_DENIED: 'the certificate of this host does not allow this; masters may do more than nodes',
};

/** The AppError of anything that the NATS client throws; an AppError passes through unchanged. */
export function toBusError(error: unknown, doing: string): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  const cure = cures[code];
  return new AppError(code, `${doing}: ${reason}`, { cause: error, details: cure === undefined ? {} : { cure } });
}

/** The error of everything that needs a connection while there is none. */
export function notConnected(doing: string, cause?: AppError): AppError {
  return new AppError('UNAVAILABLE', `${doing}: not connected to the bus`, {
    cause,
    details: { cure: cause?.details.cure ?? unavailableCure },
  });
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof PermissionViolationError) return 'PERMISSION_DENIED';
  if (error instanceof AuthorizationError) return 'UNAUTHENTICATED';
  if (error instanceof InvalidSubjectError || error instanceof InvalidArgumentError) return 'INVALID_INPUT';
  if (error instanceof JetStreamApiError) return codeOfApi(error);
  if (isUnavailable(error)) return 'UNAVAILABLE';
  if (error instanceof RequestError || error instanceof JetStreamError) {
    return error.cause === undefined ? 'UNAVAILABLE' : codeOf(error.cause);
  }
  return 'INTERNAL';
}

function codeOfApi(error: JetStreamApiError): ErrorCode {
  return codeOfApiError[error.code] ?? (error.status === unavailableStatus ? 'UNAVAILABLE' : 'INTERNAL');
}

function isUnavailable(error: unknown): boolean {
  return (
    error instanceof TimeoutError ||
    error instanceof NoRespondersError ||
    error instanceof ConnectionError ||
    error instanceof ClosedConnectionError ||
    error instanceof DrainingConnectionError ||
    // Its class is not exported.
    (error instanceof Error && error.name === 'JetStreamNotEnabled')
  );
}
