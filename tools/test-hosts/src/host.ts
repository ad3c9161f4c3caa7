/** One host: switch it on and off, cut its cable, run commands there, see its files. */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { AppError, toAppError } from '@easycerts/core';
import { runCommand } from '@easycerts/kube-assets';
import {
  identityOfStat,
  isRunning,
  type ProcessIdentity,
  removeControlGroups,
  signalProcess,
  waitUntil,
} from '@easycerts/runtime';
import type { HostPlan } from './host-plan.ts';
import { systemEnvironment } from './system-environment.ts';

export interface ExecOptions {
  /** Text for its standard input; none by default. */
  readonly input?: string;
  /** File of the machine for its standard input, as `<` gives it. */
  readonly inputFile?: string;
  /** Default five minutes; then it is killed, and the exit code is 137. */
  readonly timeoutMs?: number;
  /** Default `root`. */
  readonly user?: string;
}

export interface StartOptions extends Pick<ExecOptions, 'user' | 'inputFile'> {
  /** It uses our own standard input, output and error. */
  readonly isInherited?: boolean;
}

export interface Ended {
  /** What was run where, for messages. */
  readonly command: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Host {
  readonly name: string;
  readonly address: string;
  isRunning(): boolean;
  /** PID 1 as the machine numbers it; undefined when the host is off. */
  init(): ProcessIdentity | undefined;
  /** Runs a command to its end; rejects only when the host is off. */
  exec(words: readonly string[], options?: ExecOptions): Promise<Ended>;
  /** The same, giving what it printed; rejects with all it said unless the exit code is 0. */
  mustExec(words: readonly string[], options?: ExecOptions): Promise<string>;
  /** A command that goes on running; killing the process here does not end it there. */
  start(words: readonly string[], options?: StartOptions): ChildProcess;
  /** A file of the machine is copied into the host. Default mode 0644. */
  copyIn(from: string, to: string, mode?: number): Promise<void>;
  /**
   * A path of the host as the machine sees it. Of a host that is off: its disk, for reading. Absolute links on the way lead to
   * files of the machine.
   */
  file(path: string): string;
  /** Orderly: services are stopped. After `timeoutMs` (default 90 s, as systemd allows a service) it is killed: false then. */
  halt(timeoutMs?: number): Promise<boolean>;
  /** As if the power failed, but that what was written stays although it was not synced. */
  kill(): Promise<void>;
  /** Switches it on and waits until everything that starts by itself has; nothing when it is on. */
  boot(): Promise<void>;
  /** `systemctl reboot`, and waits until it is up again. */
  reboot(): Promise<void>;
  /** Cuts its cable to the switch, also for later boots. */
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
}

const longestMs = 5 * 60_000;
// One or two seconds on an idle machine.
const bootTimeoutMs = 120_000;

/** The host of a plan; nothing is started. */
export function hostOf(plan: HostPlan): Host {
  const { host, folders, cable, names, groups, base } = plan;

  const init = (): ProcessIdentity | undefined => {
    const identity = existsSync(folders.init) ? identityOfStat(readFileSync(folders.init, 'utf8')) : undefined;
    return identity !== undefined && isRunning(identity) ? identity : undefined;
  };
  const needInit = (): ProcessIdentity => {
    const found = init();
    if (found !== undefined) return found;
    throw new AppError('FAILED_PRECONDITION', `host ${host} is off`, { details: { cure: 'switch it on' } });
  };
  const start: Host['start'] = (words, { user = 'root', inputFile, isInherited = false } = {}) => {
    const args = [folders.script, 'exec', String(needInit().pid), user, ...words];
    const input = inputFile === undefined ? undefined : openSync(inputFile, 'r');
    try {
      const stdio: StdioOptions = isInherited ? 'inherit' : [input ?? 'pipe', 'pipe', 'pipe'];
      const child = spawn('sh', args, { cwd: '/', env: systemEnvironment, stdio });
      // A command need not read what it is given.
      child.stdin?.on('error', () => undefined);
      return child;
    } finally {
      if (input !== undefined) closeSync(input);
    }
  };
  const exec: Host['exec'] = async (words, options = {}) => {
    const limitS = (options.timeoutMs ?? longestMs) / 1_000;
    // Ended there: killing our side of it would leave the command running.
    const child = start(['timeout', '--signal=KILL', String(limitS), ...words], options);
    child.stdin?.end(options.input ?? '');
    return { command: `${host}: ${words.join(' ')}`, ...(await outcomeOf(child)) };
  };
  const mustExec: Host['mustExec'] = async (words, options) => {
    const ended = await exec(words, options);
    if (ended.code === 0) return ended.stdout;
    throw new AppError('INTERNAL', describeEnded(ended));
  };
  const hasEnded = (identity: ProcessIdentity, timeoutMs: number): Promise<boolean> =>
    waitUntil(() => !isRunning(identity), { timeoutMs, everyMs: 20 });
  const kill = async (): Promise<void> => {
    const identity = init();
    if (identity === undefined) return;
    signalProcess(identity, 'SIGKILL');
    if (await hasEnded(identity, 30_000)) return;
    throw new AppError('INTERNAL', `host ${host} does not end`, { details: { pid: identity.pid } });
  };
  const waitUntilUp = async (hasFailed: () => boolean, before?: ProcessIdentity): Promise<void> => {
    let state = 'it does not get as far as to start systemd';
    const isUp = async (): Promise<boolean> => {
      if (hasFailed()) return true;
      const identity = init();
      if (identity === undefined || identity.startTicks === before?.startTicks) return false;
      if (!existsSync(`/proc/${identity.pid}/root/run/dbus/system_bus_socket`)) return false;
      state = (await exec(['systemctl', 'is-system-running', '--wait'], { timeoutMs: bootTimeoutMs })).stdout.trim();
      return isUpState(state);
    };
    await waitUntil(isUp, { timeoutMs: bootTimeoutMs, everyMs: 25 });
    if (!hasFailed() && isUpState(state)) return;
    throw new AppError('INTERNAL', `host ${host} does not come up: ${state}`, {
      details: { path: folders.log, output: tailOf(folders.log) },
    });
  };
  const setCable = async (state: 'up' | 'down'): Promise<void> => {
    const words = ['-n', names.switchNamespace, 'link', 'set', cable.port, state];
    const { exitCode, stderr } = await runCommand('ip', words, { env: systemEnvironment });
    // A host that is off has no cable at all: the next start looks at the mark.
    if (exitCode !== 0 && init() !== undefined) throw new AppError('INTERNAL', `cable of ${host}: ${stderr.trim()}`);
  };

  return {
    name: host,
    address: cable.address,
    isRunning: () => init() !== undefined,
    init,
    exec,
    mustExec,
    start,
    async copyIn(from, to, mode = 0o644) {
      await mustExec(['sh', '-ec', copyScript, 'sh', to, mode.toString(8)], { inputFile: from });
    },
    file(path) {
      const identity = init();
      if (identity !== undefined) return `/proc/${identity.pid}/root${path}`;
      const own = join(folders.upper, path);
      return existsSync(own) ? own : join(base, path);
    },
    async halt(timeoutMs = 90_000) {
      const identity = init();
      if (identity === undefined) return true;
      signalProcess(identity, haltSignal);
      if (await hasEnded(identity, timeoutMs)) return true;
      await kill();
      return false;
    },
    kill,
    async boot() {
      if (init() !== undefined) return;
      // Groups of the start before: v2 would take no process there.
      await removeControlGroups(groups, undefined);
      rmSync(folders.init, { force: true });
      const supervisor = launch(plan);
      await waitUntilUp(() => supervisor.exitCode !== null || supervisor.signalCode !== null);
    },
    async reboot() {
      const before = needInit();
      await exec(['systemctl', 'reboot', '--no-block']);
      await waitUntilUp(() => false, before);
    },
    async disconnect() {
      writeFileSync(folders.cut, '');
      await setCable('down');
    },
    async reconnect() {
      rmSync(folders.cut, { force: true });
      await setCable('up');
    },
  };
}

/** How a command in a host ended, in words. */
export function describeEnded({ command, code, stdout, stderr }: Ended): string {
  return [`${command}: exit code ${code}`, stdout.trim(), stderr.trim()].filter((part) => part !== '').join('\n');
}

/** The file appears whole. */
const copyScript =
  'mkdir -p "$(dirname "$1")"; umask 077; cat > "$1.new"; chmod "$2" "$1.new"; sync "$1.new"; mv "$1.new" "$1"';

/** SIGRTMIN+3: systemd halts (systemd(1), SIGNALS). Numbers begin at 34, glibc keeps two (signal(7)). */
const haltSignal = 37;

/** A unit that has failed is for the test to find; systemd has done all that it does at a start. */
function isUpState(state: string): boolean {
  return state === 'running' || state === 'degraded';
}

function launch({ folders, host }: HostPlan): ChildProcess {
  const log = openSync(folders.log, 'a', 0o600);
  try {
    const child = spawn('sh', [folders.script, 'launch'], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: systemEnvironment,
    });
    child.on('error', () => undefined);
    child.unref();
    return child;
  } catch (error) {
    throw toAppError(error, `start host ${host}`);
  } finally {
    closeSync(log);
  }
}

async function outcomeOf(child: ChildProcess): Promise<Omit<Ended, 'command'>> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), stdout, stderr };
}

function tailOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').slice(-8).join('\n') : '';
}
