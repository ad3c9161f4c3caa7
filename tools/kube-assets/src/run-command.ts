/** Running another program and waiting for its end. */

import { execFile } from 'node:child_process';
import { AppError } from '@easycerts/core';
import type { Environment } from './cache-dirs.ts';

export interface CommandResult {
  /** 127 when there is no such program, as in a shell; 126 when it cannot be run; 124 when it took too long. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env: Environment;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** `go build` names every module it downloads; a megabyte is a hundred times what was seen. */
const maxOutputBytes = 64 * 1024 * 1024;

/** Never rejects for what the program does; rejects with CANCELLED when `signal` ends it. */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { env, cwd, timeoutMs = 0, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(cancelled(file, signal));
    const spawnOptions = {
      env: { ...env },
      maxBuffer: maxOutputBytes,
      timeout: timeoutMs,
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal }),
    };
    const child = execFile(file, [...args], spawnOptions, (error, stdout, stderr) => {
      if (signal?.aborted) return reject(cancelled(file, signal));
      resolve({ exitCode: exitCodeFrom(error), stdout, stderr: stderr === '' && error ? error.message : stderr });
    });
    child.stdin?.end();
  });
}

function exitCodeFrom(
  error: { code?: string | number | null | undefined; killed?: boolean | undefined } | null,
): number {
  if (error === null) return 0;
  if (typeof error.code === 'number') return error.code;
  if (error.code === 'ENOENT') return 127;
  return error.killed === true ? 124 : 126;
}

function cancelled(file: string, signal: AbortSignal): AppError {
  return new AppError('CANCELLED', `${file}: cancelled`, { cause: signal.reason });
}
