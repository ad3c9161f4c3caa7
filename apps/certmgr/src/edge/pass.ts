/**
 * One pass over all certificates of a host: plan all, ask the CA for the trust bundles when it is needed at all, then do what
 * is due: the host's own identity first, because every call is made with it, then the others in parallel.
 */

import type { Clock } from '@easycerts/core';
import type { CertificatePlan } from '../core/plan.ts';
import { isActionable, type Kept } from './keeper.ts';
import { mapLimited } from './map-limited.ts';
import type { PendingRequests } from './pending-requests.ts';
import type { Reporter } from './reporter.ts';
import type { Attempt, RetryBook, RetryKey } from './retry-book.ts';
import type { LoadedSpec } from './spec-files.ts';

/** What a pass needs of a spec, whoever wrote it. */
export interface PassSpec {
  readonly spec: Pick<LoadedSpec['spec'], 'name' | 'directory'>;
  readonly digest: string;
}

/** Keeps one certificate at a time: the Keeper of our own specs, or of others. */
export interface CertificateKeeper<L extends PassSpec> {
  plan(loaded: L, isForced?: boolean): Promise<CertificatePlan>;
  isDue(loaded: L, plan: CertificatePlan, pendingNames: ReadonlySet<string>): boolean;
  keep(loaded: L, isForced?: boolean): Promise<Kept>;
}

export interface PassParts<L extends PassSpec = LoadedSpec> {
  readonly clock: Clock;
  readonly keeper: CertificateKeeper<L>;
  readonly pending: Pick<PendingRequests, 'names'>;
  readonly reporter: Pick<Reporter, 'failed' | 'caFailed'>;
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

export interface PassOptions<L extends PassSpec = LoadedSpec> {
  readonly specs: readonly L[];
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

interface Item<L extends PassSpec = PassSpec> {
  readonly loaded: L;
  readonly plan: CertificatePlan;
}

/** Makes one pass. What fails is reported, noted in the retry book and part of the result; nothing is thrown for it. */
export async function runPass<L extends PassSpec>(parts: PassParts<L>, options: PassOptions<L>): Promise<PassResult> {
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
  const isForced = (item: Item<L>): boolean => options.forced?.has(item.plan.name) === true;
  const work = async (item: Item<L>): Promise<PassOutcome> => {
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

async function planAll<L extends PassSpec>(
  { keeper, planChunk = 256 }: PassParts<L>,
  { specs, forced }: PassOptions<L>,
): Promise<readonly Item<L>[]> {
  const items: Item<L>[] = [];
  for (const loaded of specs) {
    items.push({ loaded, plan: await keeper.plan(loaded, forced?.has(loaded.spec.name)) });
    if (items.length % planChunk === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return items;
}

function dueOf<L extends PassSpec>(
  { keeper, pending, retries, clock }: PassParts<L>,
  items: readonly Item<L>[],
): readonly Item<L>[] {
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
async function refresh({
  refreshBundles,
  retries,
  clock,
  reporter,
  signal,
}: Pick<PassParts, 'refreshBundles' | 'retries' | 'clock' | 'reporter' | 'signal'>): Promise<boolean> {
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

async function keepOne<L extends PassSpec>(
  parts: PassParts<L>,
  item: Item<L>,
  isForced: boolean,
): Promise<PassOutcome> {
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

async function plansAfter<L extends PassSpec>(
  { keeper }: PassParts<L>,
  items: readonly Item<L>[],
  outcomes: readonly PassOutcome[],
): Promise<readonly CertificatePlan[]> {
  if (outcomes.length === 0) return items.map(({ plan }) => plan);
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
