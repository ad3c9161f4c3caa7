/** What `join`, `init` and `leave` share: their options, and how their phases are run, shown and told. */

import { hostname } from 'node:os';
import { AppError, minuteMs, parseDurationMs } from '@easycerts/core';
import type { CommandContext } from '@easycerts/runtime';
import { nextHint, nodeNameOf } from '@easycerts/runtime';
import { type Command, Option } from 'commander';
import type { HostState } from '../core/host-state.ts';
import type { PhaseReport } from '../core/phase-report.ts';
import { preflightChecks } from '../core/preflight/checks.ts';
import { openPhaseEvents } from '../edge/host/phase-events.ts';
import { phaseView, type ViewStream } from '../edge/host/phase-view.ts';
import { readHostState } from '../edge/host/read-host-state.ts';
import { rememberActivity } from '../edge/host/remember-activity.ts';
import { stateFolders } from '../edge/host/state-folders.ts';
import { openUnitControl, type UnitControl } from '../edge/host/unit-control.ts';
import { ownServices } from '../phases/join-context.ts';
import type { Phase, PhaseDescription, WaitingContext } from '../phases/phase.ts';
import { runPhases } from '../phases/run-phases.ts';

const defaultTimeout = '5m';
/** What is still unsent in the end is not worth more. */
const flushMs = 2_000;

export function timeoutOption(): Option {
  return new Option('--timeout <duration>', 'how long to wait for all of it')
    .default(defaultTimeout)
    .argParser(durationOf);
}

/** A misspelt check is no check: only names that there are can be given. */
export function ignorePreflightOption(): Option {
  return new Option(
    '--ignore-preflight <check...>',
    'take errors of these checks for warnings; `all` for all of them',
  ).choices([...preflightChecks.map(({ name }) => name), 'all']);
}

/** The milliseconds of `--timeout`; the default is text. */
export function timeoutMsOf(value: number | string): number {
  return typeof value === 'number' ? value : (parseDurationMs(value) ?? 5 * minuteMs);
}

function durationOf(text: string): number {
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined && durationMs > 0) return durationMs;
  throw new AppError('INVALID_INPUT', `--timeout: ${text} is not a duration`, {
    details: { cure: 'such as 90s, 5m or 1h' },
  });
}

/** The phases, for the help. */
export function addPhasesHelp(command: Command, phases: readonly PhaseDescription[]): Command {
  const width = Math.max(...phases.map(({ name }) => name.length));
  const lines = phases.map(({ description, name }) => `  ${name.padEnd(width)}  ${description}`);
  return command.addHelpText('after', `\nPhases, each passed over when it is done already:\n${lines.join('\n')}\n`);
}

export interface PhaseCommand<Extra extends object> {
  /** `joiner join` */
  readonly name: string;
  readonly phases: readonly Phase<Extra & WaitingContext>[];
  readonly timeoutMs: number;
  readonly stream: ViewStream;
}

/** What a command's own part needs. */
export interface PhaseTools {
  /** AppError FAILED_PRECONDITION on a host without systemd. */
  readonly units: () => Promise<UnitControl>;
  readonly look: () => Promise<HostState>;
}

/** Runs the phases in the surroundings of a command; whether there was anything to do. */
export async function runPhaseCommand<Extra extends object>(
  { configFile, isJson, paths, signal }: CommandContext,
  { name, phases, stream, timeoutMs }: PhaseCommand<Extra>,
  extraOf: (tools: PhaseTools) => Extra,
): Promise<boolean> {
  let opened: Promise<UnitControl> | undefined;
  const units = (): Promise<UnitControl> => {
    opened ??= openUnitControl().then(rememberActivity);
    return opened;
  };
  const look = (): Promise<HostState> =>
    readHostState({
      paths,
      configFile,
      services: () =>
        units().then(
          (manager) => manager.activityOf(ownServices),
          () => ({}),
        ),
    });
  const view = phaseView(stream, isJson);
  const events = openPhaseEvents({ paths, configFile, host: nodeNameOf(hostname()) });
  const report = (told: PhaseReport): void => {
    view(told);
    events.tell(told);
  };
  try {
    return await runPhases(phases, extraOf({ units, look }), {
      command: name,
      look,
      report,
      signal,
      timeoutMs,
      nextHint: (limitMs, ends) => nextHint(stateFolders(paths), limitMs, ends),
    });
  } finally {
    await events.close(flushMs);
  }
}
