/**
 * Tells systemd how a service of ours does (sd_notify(3)): through `systemd-notify`, as Node.js cannot write to a UNIX datagram
 * socket. Without NOTIFY_SOCKET, so anywhere but in a unit of Type=notify, nothing happens.
 */

import { execFile } from 'node:child_process';
import { toAppError } from '@easycerts/core';
import type { Logger } from './logger.ts';

export interface SystemdNotifier {
  /** Says that the service has started, with a sentence for `systemctl status`; from now on also that it lives. */
  ready(status?: string): void;
  /** Stops saying that it lives. What is under way is let be. */
  close(): void;
}

export interface SystemdNotifierOptions {
  readonly logger: Logger;
  /** Default: the environment of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Default: `systemd-notify` by PATH. */
  readonly program?: string;
}

/** PID 1 may be busy, but what it has not taken by then comes again with the next sign of life. */
const timeoutMs = 10_000;

/** Makes a notifier; one that does nothing when systemd did not start us. */
export function createSystemdNotifier(options: SystemdNotifierOptions): SystemdNotifier {
  const { logger, environment = process.env, program = 'systemd-notify' } = options;
  if (!isStartedBySystemd(environment)) return { ready: () => undefined, close: () => undefined };
  let timer: NodeJS.Timeout | undefined;
  let hasFailed = false;
  const tell = (...args: readonly string[]): void => {
    execFile(program, args, { timeout: timeoutMs, env: { ...environment } }, (error) => {
      if (error !== null && !hasFailed)
        logger.warn({ err: toAppError(error, `run ${program}`) }, 'systemd not told how the service does');
      hasFailed = error !== null;
    });
  };
  const watchdogMs = watchdogMsOf(environment);
  return {
    ready(status = 'runs') {
      tell('--ready', `--status=${status}`);
      if (watchdogMs === undefined || timer !== undefined) return;
      // A timer of the event loop: it stops when that stops. Half the time, as sd_watchdog_enabled(3) recommends.
      timer = setInterval(() => tell('WATCHDOG=1'), watchdogMs / 2);
      timer.unref();
    },
    close() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** Whether systemd started this process and wants to hear from it. */
export function isStartedBySystemd(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return environment.NOTIFY_SOCKET !== undefined && environment.NOTIFY_SOCKET !== '';
}

/** The variables are inherited: they are meant for the process whose id they hold. */
function watchdogMsOf({
  WATCHDOG_PID: pid,
  WATCHDOG_USEC: usec,
}: Readonly<Record<string, string | undefined>>): number | undefined {
  if (usec === undefined || (pid !== undefined && pid !== String(process.pid))) return undefined;
  const limitMs = Number(usec) / 1_000;
  return Number.isFinite(limitMs) && limitMs > 0 ? limitMs : undefined;
}
