/** Runs another command of our own executable: what it makes belongs to that part, not to joiner. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError, errorCodes } from '@easycerts/core';
import { loadClusterConfig } from '@easycerts/runtime';
import { z } from 'zod';

export interface OwnProgramOptions {
  /** Program and first arguments that make `easycerts`. */
  readonly command: readonly string[];
  /** `--root`, `--config`, when they were given. */
  readonly globalArguments: readonly string[];
  readonly signal: AbortSignal;
}

/** How our executable is called: as the configuration says (`easycertsCommand`), which is where the package has put it. */
export async function ownCommand(configFile: string): Promise<readonly string[]> {
  return (await loadClusterConfig(configFile, { mustResolve: false })).easycertsCommand;
}

export type RunOurselves = (...words: readonly string[]) => Promise<string>;

const run = promisify(execFile);
const longestOutput = 16 * 1024 * 1024;
const failureSchema = z.object({
  error: z.object({ code: z.enum(errorCodes), message: z.string(), details: z.record(z.string(), z.unknown()) }),
});

/** A function that runs `easycerts <words…> --json` and gives back what it prints. It throws the AppError that was printed. */
export function ownProgram({ command, globalArguments, signal }: OwnProgramOptions): RunOurselves {
  const [program = '', ...first] = command;
  return async (...words) => {
    try {
      const options = { signal, maxBuffer: longestOutput };
      const { stdout } = await run(program, [...first, ...words, ...globalArguments, '--json'], options);
      return stdout;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw restored(error, words.join(' '));
    }
  };
}

function restored(error: unknown, words: string): AppError {
  const stderr =
    typeof error === 'object' && error !== null && 'stderr' in error && typeof error.stderr === 'string'
      ? error.stderr
      : '';
  for (const line of stderr.split('\n').reverse()) {
    try {
      const { code, details, message } = failureSchema.parse(JSON.parse(line)).error;
      return new AppError(code, message, { cause: error, details });
    } catch {
      // a line of its log
    }
  }
  return new AppError('INTERNAL', `${words}: it ended without saying why`, {
    cause: error,
    details: { cure: `run \`easycerts ${words}\` to see what it prints` },
  });
}
