/** Starts the sandbox: writes down what it will be, makes its control groups, and runs the script that becomes it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { AppError } from '@easycerts/core';
import { identify, isRunning, makeControlGroups, planControlGroups, waitUntil } from '@easycerts/runtime';
import { type DataDirectory, readIfThere } from './data-directory.ts';
import { readBootId } from './machine-facts.ts';
import { type PreparedSandbox, prepareSandbox, type SandboxOptions } from './prepare-sandbox.ts';
import { type LiveSandbox, writeRecord } from './sandbox-record-file.ts';

export interface StartOptions extends Omit<SandboxOptions, 'bootId'> {
  /** Standard input of the command stays open as long as this process lives: it ends with us. */
  readonly isAttached: boolean;
  /** Kernel modules that were loaded for it. */
  readonly modules: readonly string[];
}

export interface StartedSandbox {
  readonly live: LiveSandbox;
  /** Standard input of the command, when attached: closing it ends the sandbox. */
  readonly lifeline?: Writable;
}

// A fifth of a second on an idle machine; the rest is for machines that are not.
const startTimeoutMs = 30_000;

/**
 * Starts the sandbox and resolves when its init program runs. Needs root, and nothing of an earlier sandbox left. AppError
 * INTERNAL with the last lines of its log when it does not come up; the caller removes what is left then.
 */
export async function startSandbox(options: StartOptions): Promise<StartedSandbox> {
  const { data, cable, isAttached, modules } = options;
  const cgroups = planControlGroups(data.instance.cgroupName);
  const record = {
    bootId: readBootId(),
    cable,
    groups: cgroups.groups,
    ...(cgroups.delegation === undefined ? {} : { delegation: cgroups.delegation }),
    insideBootId: randomUUID(),
    modules,
    isAttached,
    startedAt: new Date().toISOString(),
  };
  writeRecord(data, record);
  const prepared = prepareSandbox({ ...options, bootId: record.insideBootId }, cgroups);
  makeControlGroups(cgroups);
  const child = launch(data, prepared, isAttached);
  const live = { ...record, init: await initOf(data, prepared, child) };
  writeRecord(data, live);
  return { live, ...(child.stdin === null ? {} : { lifeline: child.stdin }) };
}

function launch(data: DataDirectory, { script }: PreparedSandbox, isAttached: boolean): ChildProcess {
  const log = openSync(data.supervisorLog, 'a', 0o600);
  const child = spawn('sh', [script, 'launch'], {
    cwd: '/',
    // A session of its own: the terminal's signals are for us alone, we decide what follows.
    detached: true,
    stdio: [isAttached ? 'pipe' : 'ignore', log, log],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  closeSync(log);
  child.stdin?.on('error', () => undefined);
  child.unref();
  return child;
}

async function initOf(
  data: DataDirectory,
  { pidFile }: PreparedSandbox,
  child: ChildProcess,
): Promise<LiveSandbox['init']> {
  let failure: Error | undefined;
  child.on('error', (error) => {
    failure = error;
  });
  const init = (): LiveSandbox['init'] | undefined => identify(Number(readIfThere(pidFile)?.trim() || '0'));
  const hasEnded = (): boolean => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  await waitUntil(() => hasEnded() || isPastScript(init()), { timeoutMs: startTimeoutMs, everyMs: 5 });
  const found = init();
  if (found !== undefined && isRunning(found) && isPastScript(found)) return found;
  throw new AppError('INTERNAL', `start the sandbox: ${lastWords(data)}`, {
    cause: failure,
    details: {
      path: data.supervisorLog,
      cure: 'root needs the right to make namespaces and mounts (in a container: run it privileged); without root `easycerts up` runs the control plane only',
    },
  });
}

/** The script is run by sh as PID 1, and its last step is to become the init program. */
function isPastScript(init: LiveSandbox['init'] | undefined): boolean {
  if (init === undefined) return false;
  try {
    return readFileSync(`/proc/${init.pid}/comm`, 'utf8').trim() !== 'sh';
  } catch {
    return false;
  }
}

function lastWords(data: DataDirectory): string {
  const lines = readIfThere(data.supervisorLog)?.trim().split('\n').slice(-5).join('; ');
  return lines === undefined || lines === '' ? 'it ended without a word' : lines;
}
