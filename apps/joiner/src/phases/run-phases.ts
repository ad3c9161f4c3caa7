/** Carries phases out in their order, passes over those that are done, and tells each one. */

import { setTimeout as delay } from 'node:timers/promises';
import { AppError, formatDuration, isAppError, toAppError } from '@easycerts/core';
import type { Hint } from '@easycerts/runtime';
import type { HostState } from '../core/host-state.ts';
import type { PhaseReport } from '../core/phase-report.ts';
import type { PreflightFinding } from '../core/preflight/finding.ts';
import type { Phase, WaitingContext } from './phase.ts';

export interface RunOptions {
  /** Of the command, for messages: `joiner join`. */
  readonly command: string;
  readonly look: () => Promise<HostState>;
  readonly report: (report: PhaseReport) => void;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** For all phases together. */
  readonly timeoutMs: number;
  /** Comes when something may have changed on the host, at the latest after so long. */
  readonly nextHint: (limitMs: number, signal: AbortSignal) => Hint;
}

/** Looked at this often, whatever the hints of the file system say. */
const defaultLookEveryMs = 500;
/** Files that are written together cost one look. */
const settleMs = 20;

/**
 * Runs the phases, and resolves with whether there was anything to do. Throws the AppError of the phase that failed, DEADLINE_EXCEEDED with what it waited for when the time is
 * up, CANCELLED after Ctrl-C; whatever it throws, running the command again goes on from there.
 */
export async function runPhases<Extra extends object>(
  phases: readonly Phase<Extra & WaitingContext>[],
  extra: Extra,
  options: RunOptions,
): Promise<boolean> {
  let hasActed = false;
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  for (const phase of phases) {
    const startedAtMs = performance.now();
    let waitedFor = '';
    const tell = (state: PhaseReport['state'], message: string, findings: readonly PreflightFinding[] = []): void =>
      options.report({
        phase: phase.name,
        state,
        message,
        durationMs: Math.round(performance.now() - startedAtMs),
        ...(findings.length === 0 ? {} : { findings }),
      });
    const waiting = (message: string): void => {
      if (message === waitedFor) return;
      waitedFor = message;
      tell('waiting', message);
    };
    try {
      signal.throwIfAborted();
      if (phase.isDone(await options.look())) {
        tell('skipped', 'done already');
        continue;
      }
      tell('started', '');
      const { findings, isSkipped, message } = await phase.run({
        ...extra,
        signal,
        look: options.look,
        waiting,
        until: (judge, pace = {}) =>
          until(judge, {
            look: options.look,
            nextHint: options.nextHint,
            signal,
            waiting,
            everyMs: pace.everyMs ?? defaultLookEveryMs,
          }),
      });
      if (isSkipped !== true && phase.onlyLooks !== true) hasActed = true;
      tell(isSkipped === true ? 'skipped' : 'done', message, findings);
    } catch (error) {
      const failure = failureOf(error, {
        phase,
        options,
        waitedFor,
        isLate: deadline.aborted && !options.signal.aborted,
      });
      tell('failed', failure.message, findingsOf(failure));
      throw failure;
    }
  }
  return hasActed;
}

interface UntilOptions extends Pick<RunOptions, 'look' | 'nextHint' | 'signal'> {
  readonly everyMs: number;
  readonly waiting: (message: string) => void;
}

async function until<T extends object>(
  judge: (state: HostState) => T | string | Promise<T | string>,
  { everyMs, look, nextHint, signal, waiting }: UntilOptions,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    // from before the look: what changes meanwhile is not missed
    const hint = nextHint(everyMs, signal);
    try {
      const judged = await judge(await look());
      if (typeof judged !== 'string') return judged;
      waiting(judged);
      await hint.came;
    } finally {
      hint.forget();
    }
    await delay(Math.min(settleMs, everyMs), undefined, { signal });
  }
}

interface FailureFacts {
  readonly phase: { readonly name: string; readonly cure: string };
  readonly options: RunOptions;
  readonly waitedFor: string;
  readonly isLate: boolean;
}

function failureOf(error: unknown, { isLate, options, phase, waitedFor }: FailureFacts): AppError {
  const again = `run \`${options.command}\` again: it goes on from here`;
  const thing = waitedFor === '' ? '' : `, waiting for ${waitedFor}`;
  if (isLate && !isAppError(error)) {
    const limit = formatDuration(options.timeoutMs);
    return new AppError('DEADLINE_EXCEEDED', `${options.command}: not done within ${limit}: ${phase.name}${thing}`, {
      cause: error,
      details: { phase: phase.name, cure: `${phase.cure}; then ${again}` },
    });
  }
  if (options.signal.aborted) {
    return new AppError('CANCELLED', `${options.command}: stopped in ${phase.name}${thing}`, {
      cause: error,
      details: { phase: phase.name, cure: again },
    });
  }
  const { cause, code, details, message } = toAppError(error, phase.name);
  return new AppError(code, message, { cause, details: { cure: phase.cure, ...details, phase: phase.name } });
}

/** The findings of an error of preflight. */
function findingsOf({ details }: AppError): readonly PreflightFinding[] {
  return Array.isArray(details.findings) ? (details.findings as PreflightFinding[]) : [];
}
