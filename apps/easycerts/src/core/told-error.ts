/** An error that a process of ours wrote as one line of JSON (`--json`), as the error that it was. */

import { AppError, type ErrorCode, type ErrorDetails, errorCodes } from '@easycerts/core';

/** The error in the last line of `output` that is one; undefined when there is none. */
export function toldError(output: string): AppError | undefined {
  for (const line of output.trim().split('\n').reverse()) {
    const error = parseLine(line);
    if (error !== undefined) return error;
  }
  return undefined;
}

function parseLine(line: string): AppError | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { error } = JSON.parse(line) as { error?: { code?: unknown; message?: unknown; details?: unknown } };
    if (typeof error?.message !== 'string' || !isCode(error.code)) return undefined;
    const details = typeof error.details === 'object' && error.details !== null ? error.details : {};
    return new AppError(error.code, error.message, { details: details as ErrorDetails });
  } catch {
    return undefined;
  }
}

function isCode(code: unknown): code is ErrorCode {
  return errorCodes.some((known) => known === code);
}
