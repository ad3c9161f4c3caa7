/** Runs programs inside a running cluster: in its sandbox, or beside it when it has none. */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { AppError } from '@easycerts/core';
import { insideEnvironment } from '../core/inside-environment.ts';
import type { DataDirectory } from './data-directory.ts';
import { type ProgramResult, runProgram } from './run-program.ts';
import { type LiveSandbox, readLiveSandbox } from './sandbox-record-file.ts';

/** The running sandbox. AppError FAILED_PRECONDITION when nothing runs, or when it has none. */
export function requireSandbox(data: DataDirectory): LiveSandbox {
  const live = readLiveSandbox(data);
  if (live === undefined) {
    throw new AppError('FAILED_PRECONDITION', `no cluster runs in ${data.path}`, {
      details: { path: data.path, cure: 'start it with `easycerts up --detach`' },
    });
  }
  if (live.cable === undefined) {
    throw new AppError('FAILED_PRECONDITION', 'this cluster has no sandbox: it was started without root', {
      details: { cure: `its programs run here as they are; KUBECONFIG=${data.adminKubeconfig}` },
    });
  }
  return live;
}

/** Runs a command in the sandbox with our own standard input, output and error; its exit code. */
export async function execInside(live: LiveSandbox, command: readonly string[]): Promise<number> {
  joinGroups(live);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  // Ctrl-C is for the command: it sits in the same process group and gets it too.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  const child = spawn('nsenter', enterArguments(live, command), { stdio: 'inherit' });
  child.once('error', reject);
  child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  return promise.finally(() => process.off('SIGINT', ignore));
}

/** Runs a command in the sandbox and gives back what it printed. */
export function runInside(live: LiveSandbox, command: readonly string[]): Promise<ProgramResult> {
  return runProgram('nsenter', enterArguments(live, command));
}

function enterArguments({ init }: LiveSandbox, command: readonly string[]): readonly string[] {
  const env = { ...insideEnvironment, TERM: process.env.TERM ?? 'dumb' };
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return ['--target', String(init.pid), '--all', '--root', '--wd', 'env', '-i', ...assignments, ...command];
}

/** What runs in the sandbox ends with it, this too. */
function joinGroups({ delegation, groups }: LiveSandbox): void {
  const folders = delegation === undefined ? groups : [delegation.leaf];
  for (const folder of folders) writeFileSync(`${folder}/cgroup.procs`, String(process.pid));
}
