/** The one error of the project: a closed code, what failed and which thing, and what to do about it. */

/** Every code an {@link AppError} can have. It crosses gRPC unchanged and decides the exit code. */
export const errorCodes = [
  'INVALID_CONFIG',
  'INVALID_INPUT',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'FAILED_PRECONDITION',
  'CONFLICT',
  'DAMAGED',
  'NO_SPACE',
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Facts beside the message; `cure` says what to do next. Never a key, token, CSR or whole configuration. */
export interface ErrorDetails {
  readonly cure?: string;
  readonly path?: string;
  /** A reason of a closed list (deny reason, reissue reason, …) behind the code. */
  readonly reason?: string;
  readonly [key: string]: unknown;
}

export interface ErrorOptionsWithDetails {
  readonly cause?: unknown;
  readonly details?: ErrorDetails;
}

/**
 * An unexpected outcome. `message` is lower case without a full stop: what failed and which thing
 * (`read certificate /etc/…/kubelet.crt: not PEM`).
 */
export class AppError extends Error {
  override name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithDetails = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** Narrows an unknown thrown value to an {@link AppError}, optionally of one code. */
export function isAppError(value: unknown, code?: ErrorCode): value is AppError {
  return value instanceof AppError && (code === undefined || value.code === code);
}

/** Wraps anything thrown into an {@link AppError}; an AppError passes through unchanged. */
export function toAppError(value: unknown, doing: string): AppError {
  if (value instanceof AppError) return value;
  const systemCode = systemErrorCode(value);
  const code = systemCode === undefined ? 'INTERNAL' : (codeOfSystemError[systemCode] ?? 'INTERNAL');
  const reason = value instanceof Error ? value.message : String(value);
  const cure = systemCode === undefined ? undefined : cureOfSystemError[systemCode];
  return new AppError(code, `${doing}: ${reason}`, { cause: value, details: cure === undefined ? {} : { cure } });
}

/** The `code` of a Node.js system error (ENOSPC, EROFS, …), if the value is one. */
export function systemErrorCode(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('code' in value)) return undefined;
  return typeof value.code === 'string' ? value.code : undefined;
}

const codeOfSystemError: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'NO_SPACE',
  EDQUOT: 'NO_SPACE',
  EROFS: 'FAILED_PRECONDITION',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  ENOENT: 'NOT_FOUND',
  EADDRINUSE: 'FAILED_PRECONDITION',
  ECONNREFUSED: 'UNAVAILABLE',
  ETIMEDOUT: 'DEADLINE_EXCEEDED',
};

const cureOfSystemError: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space on this file system and run the command again',
  EDQUOT: 'free some space within the quota and run the command again',
  EROFS: 'the file system is read-only: remount it writable or choose another data directory',
  EACCES: 'run as a user that may do this (most often root)',
  EPERM: 'run as a user that may do this (most often root)',
  EADDRINUSE: 'stop the program that listens there, or choose another port',
};
