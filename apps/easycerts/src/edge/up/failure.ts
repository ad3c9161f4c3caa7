/** Why a cluster did not come up, with the last words of whatever stands in the way. */

import { join } from 'node:path';
import { AppError } from '@easycerts/core';
import { type ProgressLine, unfinishedLines } from '../../core/progress.ts';
import type { Failure } from '../../core/supervisor-state.ts';
import { toldError } from '../../core/told-error.ts';
import { type DataDirectory, readIfThere } from '../data-directory.ts';

const shownLines = 10;

/** The error of a supervisor that gave up, or that ended without a word. */
export function endedError(data: DataDirectory, failure: Failure | undefined): AppError {
  if (failure !== undefined) {
    const told = toldError(failure.output);
    if (told !== undefined) return told;
    return new AppError('INTERNAL', `prepare ${failure.step}: exit code ${failure.exitCode}\n${failure.output}`);
  }
  return new AppError('INTERNAL', `the cluster ended by itself\n${lastLines(data.supervisorLog)}`, {
    details: { path: data.supervisorLog, cure: `see ${data.supervisorLog}` },
  });
}

/** The error of a start that took too long: what is not ready, and the last lines of its log. */
export function notReadyError(data: DataDirectory, lines: readonly ProgressLine[], timeout: string): AppError {
  const blocking = unfinishedLines(lines);
  const words = blocking.map((line) => `${line.name}: ${line.detail ?? line.state}\n${lastLogOf(data, line.name)}`);
  return new AppError('DEADLINE_EXCEEDED', `not ready after ${timeout}\n${words.join('\n')}`.trimEnd(), {
    details: {
      components: blocking.map(({ name }) => name),
      cure: 'the cluster goes on trying: see `easycerts status`, or stop it with `easycerts down`',
    },
  });
}

/** The last lines that a unit logged, indented; '' when it has no log. */
export function lastLogOf(data: DataDirectory, unit: string): string {
  return lastLines(join(data.var, 'log/easycerts', `${unit}.log`));
}

function lastLines(path: string): string {
  const lines = (readIfThere(path) ?? '').trimEnd().split('\n').filter(Boolean).slice(-shownLines);
  return lines.map((line) => `    ${line}`).join('\n');
}
