/** What systemd says about a unit (`systemctl show`), and what it means to us. Pure. */

import { constants } from 'node:os';
import type { UnitStatus } from './service-manager.ts';

/** The properties that are asked for (org.freedesktop.systemd1(5)). */
export const unitProperties = [
  'LoadState',
  'FragmentPath',
  'ActiveState',
  'SubState',
  'Result',
  'MainPID',
  'ExecMainStartTimestampMonotonic',
  'ExecMainCode',
  'ExecMainStatus',
  'NeedDaemonReload',
  'CanReload',
  'RestartUSec',
  'TimeoutStopUSec',
] as const;

export type UnitProperties = Readonly<Record<(typeof unitProperties)[number], string>>;

/** One block of `KEY=value` lines a unit, in the order in which they were asked for; undefined when that is not what it is. */
export function parseProperties(output: string, count: number): readonly UnitProperties[] | undefined {
  const blocks = output.trim().split(/\n\n+/);
  if (blocks.length !== count) return undefined;
  const parsed = blocks.map((block) => {
    const values = Object.fromEntries(
      block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    // A property that this systemd does not know is not printed.
    return Object.fromEntries(unitProperties.map((name) => [name, values[name] ?? ''])) as UnitProperties;
  });
  return parsed.every(({ ActiveState }) => ActiveState !== '') ? parsed : undefined;
}

/** It ended, and systemd waits before it starts it again. */
export function waitsForRestart({ ActiveState, SubState }: UnitProperties): boolean {
  return ActiveState === 'activating' && SubState.startsWith('auto-restart');
}

/** Whether it runs, is coming up, or has not ended yet: starting it would change nothing. */
export function isUp(unit: UnitProperties): boolean {
  return ['active', 'reloading', 'refreshing', 'activating', 'deactivating'].includes(unit.ActiveState)
    ? !waitsForRestart(unit)
    : false;
}

/** Its status. `monotonicMs` is CLOCK_MONOTONIC at the same instant as `nowMs`: so a clock that is set changes nothing. */
export function statusOf(unit: UnitProperties, nowMs: number, monotonicMs: number): UnitStatus {
  const lastExit = lastExitOf(unit);
  const exit = lastExit === undefined ? {} : { lastExit };
  if (!isUp(unit)) return { state: unit.ActiveState === 'inactive' ? 'inactive' : 'failed', ...exit };
  const pid = mainPidOf(unit);
  const startedMs = Number(unit.ExecMainStartTimestampMonotonic) / 1_000;
  return {
    state: 'active',
    ...exit,
    ...(pid === undefined ? {} : { pid }),
    ...(startedMs > 0 && pid !== undefined ? { startedAt: new Date(nowMs - (monotonicMs - startedMs)) } : {}),
  };
}

/** The main process, if there is one. */
export function mainPidOf({ MainPID }: UnitProperties): number | undefined {
  const pid = Number(MainPID);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** A time span as systemd prints it (systemd.time(7)), milliseconds; undefined when it is none. */
export function parseTimeSpanMs(text: string): number | undefined {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '0') return 0;
  let sumMs = 0;
  for (const part of text.split(' ')) {
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(us|ms|s|min|h|d|w|month|y)$/.exec(part) ?? [];
    const unitMs = millisecondsOf[unit ?? ''];
    if (amount === undefined || unitMs === undefined) return undefined;
    sumMs += Number(amount) * unitMs;
  }
  return sumMs;
}

const millisecondsOf: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  month: 2_629_800_000,
  y: 31_557_600_000,
};

/** `3`, `SIGKILL`, `203/EXEC`, `SIGABRT (watchdog)`; undefined when it has not ended. */
function lastExitOf({ ExecMainCode, ExecMainStatus, Result }: UnitProperties): string | undefined {
  const told = toldResults.includes(Result) ? ` (${Result})` : '';
  switch (ExecMainCode) {
    // CLD_EXITED, CLD_KILLED, CLD_DUMPED: waitid(2)
    case '1':
      return `${ExecMainStatus}${stepsBefore[ExecMainStatus] ?? ''}${told}`;
    case '2':
    case '3':
      return `${signalName(Number(ExecMainStatus))}${told}`;
    default:
      return told === '' ? undefined : Result;
  }
}

/** Results that say more than how the process ended (systemd.exec(5), $SERVICE_RESULT). */
const toldResults: readonly string[] = ['timeout', 'watchdog', 'oom-kill', 'protocol', 'resources', 'start-limit-hit'];

/** What failed before the program ran (systemd.exec(5), process exit codes). */
const stepsBefore: Readonly<Record<string, string>> = {
  200: '/CHDIR',
  203: '/EXEC',
  216: '/GROUP',
  217: '/USER',
  218: '/CAPABILITIES',
  226: '/NAMESPACE',
  228: '/SECCOMP',
};

function signalName(signal: number): string {
  const entry = Object.entries(constants.signals).find(([, value]) => value === signal);
  return entry?.[0] ?? `signal ${signal}`;
}
