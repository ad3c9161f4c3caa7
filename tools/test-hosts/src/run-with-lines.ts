/** Runs a program to its end and hears what it prints, line by line. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { AppError, toAppError } from '@easycerts/core';
import type { Environment } from '@easycerts/kube-assets';

export interface LineOptions {
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
  /** Standard output and error together. */
  readonly onLine: (line: string) => void;
}

/** Resolves with its exit code. Rejects with CANCELLED when `signal` ends it, NOT_FOUND when there is no such program. */
export async function runWithLines(words: readonly string[], { env, signal, onLine }: LineOptions): Promise<number> {
  const [file = '', ...args] = words;
  if (signal?.aborted) throw cancelled(file, signal);
  const child = spawn(file, args, {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal ? { signal } : {}),
  });
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', onLine);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code ?? 1;
  } catch (error) {
    if (signal?.aborted) throw cancelled(file, signal);
    throw toAppError(error, `run ${file}`);
  }
}

function cancelled(file: string, signal: AbortSignal): AppError {
  return new AppError('CANCELLED', `${file}: cancelled`, { cause: signal.reason });
}
