/** Tells a service that its certificate is another one: the programs of systemd, OpenRC and SysV init, or a shell command. */

import { execFile } from 'node:child_process';
import { AppError, formatDuration, isAppError, minuteMs, systemErrorCode, toAppError } from '@easycerts/core';
import type { CfsslSpec, SpecAction } from '../../core/cfssl/cfssl-spec.ts';

export interface ActionContext {
  /** Of our process: commands see it, and programs are looked for in its PATH. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly limitMs?: number;
}

/** `skipped`: the service does not run, and the spec wants nothing done then. */
export type ActionResult = 'done' | 'skipped';

/** An API server takes minutes to restart; what takes longer hangs. */
const defaultLimitMs = 10 * minuteMs;

/** Program, arguments of an action, and those that ask whether the service runs; SysV init has no common way to ask. */
const programs = {
  systemd: {
    program: 'systemctl',
    act: (action, service) => [action, service],
    ask: (service) => ['is-active', service],
  },
  openrc: { program: 'rc-service', act: (action, service) => [service, action], ask: (service) => [service, 'status'] },
  sysv: { program: 'service', act: (action, service) => [service, action], ask: () => undefined },
} as const satisfies Readonly<Record<string, Manager>>;

interface Manager {
  readonly program: string;
  readonly act: (action: string, service: string) => readonly string[];
  readonly ask: (service: string) => readonly string[] | undefined;
}

/**
 * Runs the action of a spec. AppError FAILED_PRECONDITION when it ends with another code than 0, NOT_FOUND for a program that is
 * not there, DEADLINE_EXCEEDED.
 */
export async function runAction(
  { action, keyPair, ca }: Pick<CfsslSpec, 'action' | 'keyPair' | 'ca'>,
  context: ActionContext,
): Promise<ActionResult> {
  if (action === undefined) return 'done';
  if (action.kind === 'command') {
    const environment = {
      ...context.environment,
      CERTMGR_CA_PATH: ca?.path ?? '',
      CERTMGR_CERT_PATH: keyPair?.certificate.path ?? '',
      CERTMGR_KEY_PATH: keyPair?.privateKey.path ?? '',
    };
    await runInShell(action.command, { ...context, environment });
    return 'done';
  }
  const manager: Manager = programs[action.manager];
  const asked = action.onlyIfRunning ? manager.ask(action.service) : undefined;
  if (asked !== undefined && !(await succeeds(manager.program, asked, context))) return 'skipped';
  await run(manager.program, manager.act(action.action, action.service), context);
  return 'done';
}

/** Why a shell cannot read a command; undefined: it can, or there is no bash to ask. */
export async function commandProblem(command: string, context: ActionContext): Promise<string | undefined> {
  try {
    await run('bash', ['-n', '-c', command], context);
    return undefined;
  } catch (error) {
    const { code, message } = toAppError(error, 'read the command');
    return code === 'FAILED_PRECONDITION' ? message : undefined;
  }
}

/** Specs with the same key need the action once for all of them. */
export function actionKeyOf(action: SpecAction, name: string): string {
  if (action.kind === 'service')
    return JSON.stringify([action.manager, action.action, action.service, action.onlyIfRunning]);
  // Any other command may read its own CERTMGR_ variables
  return isPlainSystemctl(action.command) ? `systemctl ${action.command.trim()}` : `command of ${name}`;
}

/** For people and logs. */
export function describeAction(action: SpecAction): string {
  return action.kind === 'command' ? 'command' : `${action.action} ${action.service}`;
}

function isPlainSystemctl(command: string): boolean {
  return /^\s*systemctl( [\w@.:-]+)+\s*$/.test(command);
}

async function runInShell(command: string, context: ActionContext): Promise<void> {
  try {
    await run('bash', ['-c', command], context);
  } catch (error) {
    if (!isAppError(error, 'NOT_FOUND')) throw error;
    await run('sh', ['-c', command], context);
  }
}

async function succeeds(program: string, args: readonly string[], context: ActionContext): Promise<boolean> {
  try {
    await run(program, args, context);
    return true;
  } catch (error) {
    if (isAppError(error, 'FAILED_PRECONDITION')) return false;
    throw error;
  }
}

function run(program: string, args: readonly string[], context: ActionContext): Promise<void> {
  const { environment, signal, limitMs = defaultLimitMs } = context;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const options = { env: { ...environment }, signal, timeout: limitMs, maxBuffer: 1024 * 1024 } as const;
  execFile(program, args, options, (error, _stdout, stderr) => {
    if (error === null) resolve();
    else reject(errorOf(error, { program, said: stderr, limitMs, signal }));
  });
  return promise;
}

interface Ended {
  readonly program: string;
  readonly said: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

function errorOf(error: Error, { program, said, limitMs, signal }: Ended): AppError {
  if (signal.aborted) return new AppError('CANCELLED', `run ${program}: cancelled`, { cause: error });
  if ('killed' in error && error.killed === true) {
    return new AppError('DEADLINE_EXCEEDED', `run ${program}: not done within ${formatDuration(limitMs)}`);
  }
  if (systemErrorCode(error) !== undefined) {
    return new AppError(toAppError(error, '').code, `run ${program}: ${systemErrorCode(error)}`, { cause: error });
  }
  const code = 'code' in error ? ` with exit code ${String(error.code)}` : '';
  // The message of node's error has the whole command line in it
  const line =
    said
      .trim()
      .split('\n')[0]
      ?.replace(/\p{Cc}/gu, ' ')
      .slice(0, 200) ?? '';
  return new AppError('FAILED_PRECONDITION', `run ${program}: ended${code}${line === '' ? '' : `: ${line}`}`);
}
