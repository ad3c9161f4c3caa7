/** Errors for people (what failed, what to do) and for machines. */

import { AppError, isAppError } from '@easycerts/core';

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** Lines for a terminal: `error: …`, each configuration problem that the message does not list, `  do: <cure>`. Ends in a line feed. */
export function formatError(thrown: unknown): string {
  const error = asAppError(thrown);
  const problems = problemsOf(error)
    .filter(({ message }) => !error.message.includes(message))
    .map(({ path, message }) => `  ${path === '' ? '' : `${path}: `}${message}`);
  const cure = error.details.cure === undefined ? [] : [`  do: ${error.details.cure}`];
  return `${[`error: ${error.message}`, ...problems, ...cure].join('\n')}\n`;
}

/** One line of JSON: `{"error": {"code", "message", "details"}}`. */
export function formatErrorAsJson(thrown: unknown): string {
  const { code, message, details } = asAppError(thrown);
  return `${JSON.stringify({ error: { code, message, details } })}\n`;
}

/** Any thrown value as AppError; what is none is a defect, and says so. */
export function asAppError(thrown: unknown): AppError {
  if (isAppError(thrown)) return thrown;
  return new AppError('INTERNAL', `unexpected: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
    cause: thrown,
    details: { cure: 'this is a defect: run it again with --log-level debug and report what it prints' },
  });
}

function problemsOf(error: AppError): readonly Problem[] {
  const problems: unknown = error.details.problems;
  return Array.isArray(problems) ? problems.filter(isProblem) : [];
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null || !('path' in value) || !('message' in value)) return false;
  return typeof value.path === 'string' && typeof value.message === 'string';
}
