/** Prepares the host in a process of its own, so that the supervisor stays small; its steps are shown as it goes. */

import { spawn } from 'node:child_process';
import type { Failure, SupervisorStep } from '../../core/supervisor-state.ts';
import type { StateFile } from './state-file.ts';

/** What the process tells before each of its steps. */
export interface StepBegins {
  readonly step: SupervisorStep;
}

// Only errors are of interest: an error message with all problems of a configuration; more would be a log.
const outputLimit = 16_384;

/** Runs `easycerts prepare`; why it failed, or undefined when it did not. The signal ends it. */
export async function runPrepare(
  [program = '', ...args]: readonly string[],
  { signal, state }: { readonly signal: AbortSignal; readonly state: StateFile },
): Promise<Failure | undefined> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const child = spawn(program, [...args, 'prepare', '--json'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], signal });
  let output = '';
  let current: SupervisorStep | undefined;
  const collect = (chunk: string): void => {
    output = (output + chunk).slice(-outputLimit);
    process.stderr.write(chunk);
  };
  child.stderr?.setEncoding('utf8').on('data', collect);
  child.on('message', (message: StepBegins) => {
    if (current !== undefined) state.end(current, 'done');
    current = message.step;
    state.begin(current);
  });
  child.once('error', (error) => {
    output += error.message;
    if (child.pid === undefined) resolve(1);
  });
  child.once('close', (code) => resolve(code ?? 1));
  const exitCode = await promise;
  if (current !== undefined) state.end(current, exitCode === 0 ? 'done' : 'failed');
  return exitCode === 0 ? undefined : { step: current ?? 'authorities', exitCode, output: output.trim() };
}
