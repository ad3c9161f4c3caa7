/** Runs a program to its end. */

import { execFile } from 'node:child_process';
import { AppError, systemErrorCode } from '@easycerts/core';

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The result, whatever the exit code. AppError NOT_FOUND when there is no such program, DEADLINE_EXCEEDED in time. */
export function runProgram(
  program: string,
  args: readonly string[],
  { timeoutMs = 30_000, env = process.env }: RunOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024, encoding: 'utf8', env },
      (error, stdout, stderr) => {
        const code: unknown = error?.code;
        if (error?.killed === true) {
          reject(
            new AppError('DEADLINE_EXCEEDED', `${program}: no answer within ${timeoutMs / 1_000} s`, { cause: error }),
          );
        } else if (systemErrorCode(error) === 'ENOENT') {
          reject(
            new AppError('NOT_FOUND', `the program ${program} is not on PATH`, {
              cause: error,
              details: { cure: `install the package that has ${program}` },
            }),
          );
        } else {
          resolve({ exitCode: typeof code === 'number' ? code : error === null ? 0 : 1, stdout, stderr });
        }
      },
    );
  });
}

/** Standard output of a program that has to succeed. AppError INTERNAL with what it said otherwise. */
export async function outputOf(program: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(program, args, options);
  if (exitCode === 0) return stdout;
  throw new AppError('INTERNAL', `${program} ${args.join(' ')}: exit code ${exitCode}: ${stderr.trim()}`);
}
