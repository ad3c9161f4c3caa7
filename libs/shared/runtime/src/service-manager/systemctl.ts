/** Runs `systemctl` and `journalctl`: no shell, nothing asked, nothing paged, in a language that programs read. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { AppError, formatDuration, secondMs, systemErrorCode, toAppError } from '@easycerts/core';

export interface SystemctlOptions {
  /** For tests: other programs, other places than /run/systemd/system and /etc/systemd/system, less patience. */
  readonly systemctl?: string;
  readonly journalctl?: string;
  readonly bootedMark?: string;
  readonly unitDirectory?: string;
  readonly answerLimitMs?: number;
}

export interface Systemctl {
  /**
   * Answers what it printed. AppError UNAVAILABLE on a host without systemd, DEADLINE_EXCEEDED after `limitMs` (0: none),
   * FAILED_PRECONDITION with what it said.
   */
  run(args: readonly string[], limitMs?: number): Promise<string>;
  journal(args: readonly string[]): Promise<string>;
}

/** PID 1 answers in milliseconds, but waits itself while the disk does. */
const defaultAnswerLimitMs = 30 * secondMs;
const longestOutputBytes = 4 * 1024 * 1024;
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  SYSTEMD_COLORS: '0',
};

/** The two programs of this host. */
export function createSystemctl(options: SystemctlOptions = {}): Systemctl {
  const { systemctl = 'systemctl', journalctl = 'journalctl', bootedMark = '/run/systemd/system' } = options;
  const { answerLimitMs = defaultAnswerLimitMs } = options;
  return {
    run: (args, limitMs = answerLimitMs) =>
      run({ program: systemctl, args: ['--no-ask-password', '--no-pager', ...args], limitMs, bootedMark }),
    journal: (args) =>
      run({ program: journalctl, args: ['--no-pager', '--quiet', ...args], limitMs: answerLimitMs, bootedMark }),
  };
}

interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly limitMs: number;
  readonly bootedMark: string;
}

function run(call: Call): Promise<string> {
  const { args, limitMs, program } = call;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { env: environment, timeout: limitMs, maxBuffer: longestOutputBytes, killSignal: 'SIGKILL' } as const;
  execFile(program, args, options, (error, stdout, stderr) => {
    if (error === null) resolve(stdout);
    else reject(errorOf(call, error, stderr));
  });
  return promise;
}

function errorOf({ args, bootedMark, limitMs, program }: Call, error: Error, stderr: string): AppError {
  const doing = [program.split('/').at(-1), ...args.filter((arg) => !arg.startsWith('--'))].join(' ');
  if (systemErrorCode(error) !== undefined) return toAppError(error, doing);
  if (!existsSync(bootedMark)) {
    return new AppError('UNAVAILABLE', `${doing}: systemd is not the service manager of this host`, {
      cause: error,
      details: { cure: 'run it on a host that was booted with systemd; elsewhere components run as processes' },
    });
  }
  if ('killed' in error && error.killed === true) {
    return new AppError('DEADLINE_EXCEEDED', `${doing}: no answer within ${formatDuration(limitMs)}`, {
      cause: error,
      details: { cure: 'see what systemd waits for: `systemctl list-jobs`' },
    });
  }
  const said = stderr.trim().split('\n')[0] ?? '';
  return new AppError('FAILED_PRECONDITION', `${doing}: ${said === '' ? error.message : said}`, { cause: error });
}
