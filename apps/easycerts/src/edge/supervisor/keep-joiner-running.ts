/** Runs joiner's daemon, and again whenever it ends, until told to stop. Its components don't notice: it adopts them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Paths } from '@easycerts/cluster';
import { identify } from '@easycerts/runtime';
import { countFailures, restartDelayMs } from '../../core/restart-delay.ts';
import type { StateFile } from './state-file.ts';

export interface JoinerOptions {
  readonly paths: Paths;
  readonly easycerts: readonly string[];
  readonly state: StateFile;
  readonly signal: AbortSignal;
}

/** It only has to let go of its components; they are stopped afterwards. */
const stopTimeoutMs = 3_000;

/** Resolves when the signal is aborted and joiner has ended. */
export async function keepJoinerRunning(options: JoinerOptions): Promise<void> {
  const { signal, state } = options;
  let failures = 0;
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    if (!isFirst) state.countRestart();
    const startedAtMs = performance.now();
    await runOnce(options);
    if (signal.aborted) return;
    const ranForMs = performance.now() - startedAtMs;
    await delay(restartDelayMs(failures, ranForMs), undefined, { signal }).catch(() => undefined);
    failures = countFailures(failures, ranForMs);
  }
}

async function runOnce({ easycerts, paths, signal, state }: JoinerOptions): Promise<void> {
  const [program = '', ...args] = easycerts;
  mkdirSync(paths.logs, { recursive: true });
  const log = openSync(join(paths.logs, 'easycerts-joiner.log'), 'a', 0o640);
  const child = spawn(program, [...args, 'joiner', 'run'], { stdio: ['ignore', log, log] });
  closeSync(log);
  const joiner = child.pid === undefined ? undefined : identify(child.pid);
  if (joiner !== undefined) state.change({ joiner });
  const stop = (): void => endProcess(child);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await endOf(child);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function endProcess(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs).unref();
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`joiner: ${error.message}\n`);
      if (child.pid === undefined) resolve();
    });
    child.once('exit', () => resolve());
  });
}
