/** Makes the preparations of a component. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Preparation } from '@easycerts/cluster';
import { AppError, minuteMs } from '@easycerts/core';

const run = promisify(execFile);
/** Images of several gigabytes on a slow disk. */
const longestMs = 10 * minuteMs;
const shownText = 500;

/** One after the other. AppError FAILED_PRECONDITION with the last words of the program that failed. */
export async function prepare(preparations: readonly Preparation[]): Promise<void> {
  for (const { argv, file } of preparations) {
    const [program = '', ...args] = argv;
    try {
      await run(program, args, { timeout: longestMs, maxBuffer: 16 * 1024 * 1024 });
    } catch (error) {
      throw new AppError('FAILED_PRECONDITION', `prepare ${file} with ${program}: ${lastWords(error)}`, {
        cause: error,
        details: { path: file, cure: `see why \`${argv.join(' ')}\` fails` },
      });
    }
  }
}

function lastWords(error: unknown): string {
  const { message, stderr } = error as { readonly message?: string; readonly stderr?: string };
  const text = stderr?.trim() || (message ?? '');
  return (text.split('\n').at(-1) ?? '').slice(0, shownText);
}
