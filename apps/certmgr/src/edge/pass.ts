/**
 * One pass over all certificates of a host: plan all, ask the CA for the trust bundles when it is needed at all, then do what
 * is due: the host's own identity first, because every call is made with it, then the others in parallel.
 */

import type { Clock } from '@easycerts/core';
import type { CertificatePlan } from '../core/plan.ts';
import { isActionable, type Keeper, type Kept } from './keeper.ts';
import { mapLimited } from './map-limited.ts';
import type { PendingRequests } from './pending-requests.ts';
import type { Reporter } from './reporter.ts';
import type { Attempt, RetryBook, RetryKey } from './retry-book.ts';
import type { LoadedSpec } from './spec-files.ts';

export interface PassParts {
  readonly clock: Clock;
  readonly keeper: Keeper;
  readonly pending: PendingRequests;
  readonly reporter: Reporter;
  readonly retries: RetryBook;
  /** Asks the CA for the trust bundles; answers whether one has changed. */
  readonly refreshBundles: () => Promise<boolean>;
  /** Directory of the host's identity. */
  readonly hostIdentity: string;
  /** Aborted when the service ends: nothing new is begun, and what breaks off is no failure. */
  readonly signal: AbortSignal;
  /** Requests at the same time. */
  readonly parallel: number;
  /** How many sets are looked at before others in this process have their turn. */
  readonly planChunk?: number;
}

export interface PassOptions {
  readonly specs: readonly LoadedSpec[];
  readonly forced?: ReadonlySet<string>;
  /** Ask for the trust bundles even when nothing is due. */
  readonly mustRefresh?: boolean;
  readonly onStart?: (plan: CertificatePlan) => void;
  readonly onOutcome?: (outcome: PassOutcome) => void;
}

export type PassOutcome =
  | { readonly kind: 'kept'; readonly name: string; readonly kept: Kept }
  | { readonly kind: 'failed'; readonly name: string; readonly plan: CertificatePlan; readonly attempt: Attempt }
  | { readonly kind: 'broken-off'; readonly name: string };

export interface PassResult {
  /** As they are after the pass, in the order of the specs. */
  readonly plans: readonly CertificatePlan[];
  readonly outcomes: readonly PassOutcome[];
}

interface Item {
  readonly loaded: LoadedSpec;
  readonly plan: CertificatePlan;
}

/** Makes one pass. What fails is reported, noted in the retry book and part of the result; nothing is thrown for it. */
export async function runPass(parts: PassParts, options: PassOptions): Promise<PassResult> {
  const { clock, retries, hostIdentity } = parts;
  let items = await planAll(parts, options);
  let due = dueOf(parts, items);
  const isCaResting = retries.isWaiting('ca', clock.now().getTime());
  if ((due.some(wantsCa) || options.mustRefresh === true) && !isCaResting) {
    const hasChanged = await refresh(parts);
    if (hasChanged) {
      items = await planAll(parts, options);
      due = dueOf(parts, items);
    }
  }
  const isForced = (item: Item): boolean => options.forced?.has(item.plan.name) === true;
  const work = async (item: Item): Promise<PassOutcome> => {
    if (parts.signal.aborted) return { kind: 'broken-off', name: item.plan.name };
    options.onStart?.(item.plan);
    const outcome = await keepOne(parts, item, isForced(item));
    options.onOutcome?.(outcome);
    return outcome;
  };
  const [first, others] = partition(due, ({ loaded }) => loaded.spec.directory === hostIdentity);
  const outcomes = [...(await mapLimited(first, 1, work)), ...(await mapLimited(others, parts.parallel, work))];
  return { plans: await plansAfter(parts, items, outcomes), outcomes };
}

async function planAll(
  { keeper, planChunk = 256 }: PassParts,
  { specs, forced }: PassOptions,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (const loaded of specs) {
    items.push({ loaded, plan: await keeper.plan(loaded, forced?.has(loaded.spec.name)) });
    if (items.length % planChunk === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return items;
}

function dueOf({ keeper, pending, retries, clock }: PassParts, items: readonly Item[]): readonly Item[] {
  const pendingNames = pending.names();
  const nowMs = clock.now().getTime();
  const isCaResting = retries.isWaiting('ca', nowMs);
  return items.filter((item) => {
    // Somebody else has done it, or it is no longer wanted: nothing is left to try again
    if (!isActionable(item.plan) && !pendingNames.has(item.plan.name)) retries.succeed(keyOf(item));
    const isResting = retries.isWaiting(keyOf(item), nowMs) || (isCaResting && needsCa(item));
    return !isResting && keeper.isDue(item.loaded, item.plan, pendingNames);
  });
}

/** Asks for the bundles. A failure is noted: it stands for every certificate that would have needed the CA. */
async function refresh({ refreshBundles, retries, clock, reporter, signal }: PassParts): Promise<boolean> {
  try {
    const hasChanged = await refreshBundles();
    if (retries.get('ca') !== undefined) retries.hurry();
    retries.succeed('ca');
    return hasChanged;
  } catch (error) {
    if (signal.aborted) return false;
    const attempt = retries.fail('ca', error, clock.now().getTime());
    if (attempt.isWorthTelling) reporter.caFailed(attempt);
    return false;
  }
}

async function keepOne(parts: PassParts, item: Item, isForced: boolean): Promise<PassOutcome> {
  const { clock, keeper, retries, reporter } = parts;
  const { loaded, plan } = item;
  const { name } = plan;
  const caAttempt = retries.get('ca');
  if (caAttempt !== undefined && needsCa(item)) {
    if (caAttempt.isWorthTelling) reporter.failed(failureOf(plan, caAttempt), caAttempt.error);
    return { kind: 'failed', name, plan, attempt: caAttempt };
  }
  try {
    const kept = await keeper.keep(loaded, isForced);
    retries.succeed(keyOf(item));
    return { kind: 'kept', name, kept };
  } catch (error) {
    if (parts.signal.aborted) return { kind: 'broken-off', name };
    const attempt = retries.fail(keyOf(item), error, clock.now().getTime());
    if (attempt.isWorthTelling) reporter.failed(failureOf(plan, attempt), attempt.error);
    return { kind: 'failed', name, plan, attempt };
  }
}

async function plansAfter(
  { keeper }: PassParts,
  items: readonly Item[],
  outcomes: readonly PassOutcome[],
): Promise<readonly CertificatePlan[]> {
  const touched = new Set(outcomes.map(({ name }) => name));
  return Promise.all(items.map(({ loaded, plan }) => (touched.has(plan.name) ? keeper.plan(loaded) : plan)));
}

/** Before anything is replaced, the newest trust bundle is asked for. */
function wantsCa({ plan }: Item): boolean {
  return plan.state === 'reissue' || plan.state === 'bundle';
}

/** A bundle that is known already is replaced without the CA. */
function needsCa({ plan }: Item): boolean {
  return plan.state === 'reissue';
}

function keyOf({ loaded }: Item): RetryKey {
  return { name: loaded.spec.name, digest: loaded.digest };
}

function failureOf(plan: CertificatePlan, { attempts, retryInMs, error }: Attempt) {
  const reason = plan.reason ?? 'issuer-changed';
  return { name: plan.name, reason, code: error.code, message: error.message, retryInMs, attempts };
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/** When the next pass is due, as far as these plans say: what failed or waits is in the retry book. */
export function wakeTimesMs(plans: readonly CertificatePlan[]): readonly number[] {
  return plans.filter((plan) => !isActionable(plan)).map(({ wakeAtMs }) => wakeAtMs);
}
