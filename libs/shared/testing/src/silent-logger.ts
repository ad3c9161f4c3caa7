/** Loggers for tests: one that says nothing, one whose entries can be looked at. */

import type { Logger } from '@easycerts/runtime';
import { createLogger } from '@easycerts/runtime';

/** A logger that says nothing. */
export function silentLogger(): Logger {
  return createLogger({ service: 'test', level: 'silent' });
}

export interface LogEntry {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A logger and what was logged with it so far. */
export function recordingLogger(): { readonly logger: Logger; readonly entries: readonly LogEntry[] } {
  const entries: LogEntry[] = [];
  const destination = { write: (line: string) => entries.push(JSON.parse(line) as LogEntry) };
  return { logger: createLogger({ service: 'test', level: 'debug', destination }), entries };
}
