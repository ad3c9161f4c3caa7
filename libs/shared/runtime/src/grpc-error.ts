/** One typed error across gRPC: code and details travel in a trailer and are restored on the other side. */

import type { ErrorCode, ErrorDetails } from '@easycerts/core';
import { AppError, errorCodes, isAppError } from '@easycerts/core';
import type { ServiceError } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';

/** Trailer with the error as JSON: `{code, message, details}`. */
export const errorTrailer = 'easycerts-error-bin';

// HTTP/2 peers may refuse header lists above 8 KiB, and base64 adds a third.
const maxTrailerBytes = 4_096;
const maxMessageLength = 1_000;

const statusOfCode: Readonly<Record<ErrorCode, status>> = {
  INVALID_CONFIG: status.INVALID_ARGUMENT,
  INVALID_INPUT: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  CONFLICT: status.ABORTED,
  DAMAGED: status.DATA_LOSS,
  NO_SPACE: status.RESOURCE_EXHAUSTED,
  UNAVAILABLE: status.UNAVAILABLE,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  CANCELLED: status.CANCELLED,
  INTERNAL: status.INTERNAL,
};

/** Statuses that gRPC itself answers with, when no trailer of ours is there. */
const codeOfStatus: Readonly<Partial<Record<status, ErrorCode>>> = {
  [status.INVALID_ARGUMENT]: 'INVALID_INPUT',
  [status.NOT_FOUND]: 'NOT_FOUND',
  [status.UNAUTHENTICATED]: 'UNAUTHENTICATED',
  [status.PERMISSION_DENIED]: 'PERMISSION_DENIED',
  [status.RESOURCE_EXHAUSTED]: 'INVALID_INPUT',
  [status.UNAVAILABLE]: 'UNAVAILABLE',
  [status.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [status.CANCELLED]: 'CANCELLED',
  [status.UNIMPLEMENTED]: 'FAILED_PRECONDITION',
};

/** What a server answers for a thrown value. Nothing of an unexpected error leaves the server: it may hold anything. */
export function serviceErrorOf(thrown: unknown): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const error = isAppError(thrown)
    ? thrown
    : new AppError('INTERNAL', 'internal error', { details: { cure: "see the server's log" } });
  const metadata = new Metadata();
  const message = error.message.slice(0, maxMessageLength);
  metadata.set(errorTrailer, encodeError({ code: error.code, message, details: error.details }));
  return { code: statusOfCode[error.code], details: message, metadata };
}

/** Restores on the client what the server threw; a failure of the connection itself becomes UNAVAILABLE and the like. */
export function appErrorOf(error: ServiceError, doing: string): AppError {
  const restored = decodeError(error.metadata?.get(errorTrailer)[0]);
  if (restored !== undefined)
    return new AppError(restored.code, restored.message, { cause: error, details: restored.details });
  const code = codeOfStatus[error.code] ?? 'INTERNAL';
  const cure = code === 'UNAVAILABLE' ? { cure: 'check that the server runs and that this host reaches it' } : {};
  return new AppError(code, `${doing}: ${error.details === '' ? error.message : error.details}`, {
    cause: error,
    details: cure,
  });
}

interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

function encodeError(error: WireError): Buffer {
  const whole = Buffer.from(JSON.stringify(error));
  if (whole.length <= maxTrailerBytes) return whole;
  const details = Object.fromEntries(
    (['cure', 'path', 'reason'] as const).flatMap((name) => {
      const value = error.details[name];
      return value === undefined ? [] : [[name, value.slice(0, maxMessageLength)]];
    }),
  );
  const shorter = Buffer.from(JSON.stringify({ ...error, details }));
  return shorter.length <= maxTrailerBytes
    ? shorter
    : Buffer.from(JSON.stringify({ ...error, message: error.message.slice(0, 200), details: {} }));
}

function decodeError(value: string | Buffer | undefined): WireError | undefined {
  if (!Buffer.isBuffer(value)) return undefined;
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'));
    return isWireError(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isWireError(value: unknown): value is WireError {
  if (typeof value !== 'object' || value === null) return false;
  if (!('code' in value && 'message' in value && 'details' in value)) return false;
  const isKnownCode = errorCodes.some((code) => code === value.code);
  const isPlainDetails = typeof value.details === 'object' && value.details !== null && !Array.isArray(value.details);
  return isKnownCode && typeof value.message === 'string' && isPlainDetails;
}
