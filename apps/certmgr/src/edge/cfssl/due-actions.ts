/** Runs the actions that are due, each once for all specs that want the same, until it succeeds. */

import { AppError, type Clock, isAppError } from '@easycerts/core';
import type { Logger } from '@easycerts/runtime';
import type { SpecAction } from '../../core/cfssl/cfssl-spec.ts';
import type { Attempt, RetryBook } from '../retry-book.ts';
import type { CfsslCounters } from './cfssl-counters.ts';
import type { LoadedCfsslSpec } from './cfssl-spec-files.ts';
import { type ActionResult, actionKeyOf, describeAction, runAction } from './run-action.ts';
import type { UnfinishedDeliveries } from './unfinished-deliveries.ts';

export interface DueActionsParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly unfinished: UnfinishedDeliveries;
  readonly retries: RetryBook;
  readonly counters: CfsslCounters;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export interface ActionOutcome {
  readonly names: readonly string[];
  readonly action: string;
  readonly result: ActionResult | 'failed';
  readonly error?: AppError;
}

/** One after the other: services that need each other are not restarted at the same time. */
export async function runDueActions(
  parts: DueActionsParts,
  specs: readonly LoadedCfsslSpec[],
): Promise<readonly ActionOutcome[]> {
  const { unfinished, retries, clock, signal } = parts;
  const due = unfinished.actionsDue();
  const wanted = specs.filter(({ spec }) => due.has(spec.name));
  // A spec that no longer has an action owes none
  for (const { spec } of wanted) if (spec.cfssl.action === undefined) await unfinished.actionIsDone(spec.name);
  const groups = Map.groupBy(wanted, groupKeyOf);
  // What nobody wants any more must not be waited for: its time never comes to an end
  retries.keepOnly(new Set(groups.keys()));
  const outcomes: ActionOutcome[] = [];
  for (const [key, group] of groups) {
    if (key === '' || signal.aborted || retries.isWaiting({ name: key, digest: '' }, clock.now().getTime())) continue;
    outcomes.push(await runOne(parts, key, group));
  }
  return outcomes;
}

async function runOne(
  { clock, logger, unfinished, retries, counters, environment, signal }: DueActionsParts,
  key: string,
  group: readonly LoadedCfsslSpec[],
): Promise<ActionOutcome> {
  const names = group.map(({ spec }) => spec.name);
  const [first] = group;
  const action = first?.spec.cfssl.action;
  if (first === undefined || action === undefined) throw new AppError('INTERNAL', 'an action of no spec');
  const told = { names, action: describeAction(action) };
  try {
    const result = await runAction(first.spec.cfssl, { environment, signal });
    for (const name of names) await unfinished.actionIsDone(name);
    retries.succeed({ name: key, digest: '' });
    logger.info(
      { certs: names, action: told.action },
      result === 'done' ? 'ran action' : 'service does not run: no action',
    );
    return { ...told, result };
  } catch (thrown) {
    const attempt = retries.fail({ name: key, digest: '' }, thrown, clock.now().getTime());
    for (const name of names) counters.count('actionFailures', name);
    if (!isAppError(thrown, 'CANCELLED')) tell(logger, { ...told, attempt });
    return { ...told, result: 'failed', error: attempt.error };
  }
}

function tell(
  logger: Logger,
  { names, action, attempt }: { readonly names: readonly string[]; readonly action: string; readonly attempt: Attempt },
): void {
  const { isWorthTelling, attempts, retryInMs, error } = attempt;
  if (isWorthTelling)
    logger.warn({ certs: names, action, attempts, retryInMs, err: error }, 'action failed, is tried again');
}

function groupKeyOf({ spec }: LoadedCfsslSpec): string {
  const action: SpecAction | undefined = spec.cfssl.action;
  return action === undefined ? '' : actionKeyOf(action, spec.name);
}
