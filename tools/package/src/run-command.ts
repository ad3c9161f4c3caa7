/** Running another program to its end. */

import { execFile } from 'node:child_process';
import { AppError } from '@easycerts/core';

export interface CommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  /** What to do when the program is not there. */
  readonly cure?: string;
}

/** The commands as JSON and the bundler's list are far smaller. */
const maxOutputBytes = 64 * 1024 * 1024;
const lastLines = 15;

/**
 * What it wrote to standard output. Throws CANCELLED, FAILED_PRECONDITION when it is not there, or INTERNAL with the last
 * lines of standard error.
 */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { env, cwd, signal, cure } = options;
  return new Promise((resolve, reject) => {
    const spawnOptions = {
      env: { ...env },
      maxBuffer: maxOutputBytes,
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal }),
    };
    execFile(file, [...args], spawnOptions, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (signal?.aborted) return reject(new AppError('CANCELLED', `${file}: cancelled`, { cause: signal.reason }));
      if (error.code === 'ENOENT') {
        const details = cure === undefined ? {} : { cure };
        return reject(new AppError('FAILED_PRECONDITION', `${file} not found`, { cause: error, details }));
      }
      const words = (stderr.trim() === '' ? error.message : stderr.trim()).split('\n').slice(-lastLines).join('\n');
      reject(new AppError('INTERNAL', `${file} ${args[0] ?? ''}: ${words}`, { cause: error }));
    });
  });
}
