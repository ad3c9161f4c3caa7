/** The log: JSON lines for machines, one readable line an entry on a terminal. */

import { isAppError } from '@easycerts/core';
import type { Logger as PinoLogger } from 'pino';
import { pino } from 'pino';
import { formatLogLine } from './log-line.ts';

export type Logger = PinoLogger;

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Where log lines go: pino writes whole lines, each ending in a line feed. */
export interface LogDestination {
  write(line: string): unknown;
}

export interface LoggerOptions {
  /** Name of the service, in every line. */
  readonly service: string;
  /** Default info. */
  readonly level?: LogLevel;
  /** Default: standard error, pretty when it is a terminal. */
  readonly destination?: LogDestination;
}

// A second fence only: what is secret must not be logged in the first place.
const secretFields = ['privateKey', 'key', 'token', 'secret', 'password', 'csr', 'csrDer', 'seed'];

/** Makes the logger of a service: pino with ISO times, level names, errors with code and causes, secrets struck out. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
    },
    options.destination ?? standardError(),
  );
}

/** An error as plain data for the log: code, details, causes; a stack only for what is not an AppError (a defect). */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const cause = error.cause === undefined ? {} : { cause: describeError(error.cause) };
  if (isAppError(error)) return { code: error.code, message: error.message, details: error.details, ...cause };
  return { type: error.name, message: error.message, stack: error.stack, ...cause };
}

function standardError(): LogDestination {
  if (!process.stderr.isTTY) return pino.destination({ dest: 2, sync: true });
  const colour = process.env.NO_COLOR === undefined;
  return { write: (line) => process.stderr.write(formatLogLine(line, { colour })) };
}
