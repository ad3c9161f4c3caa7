/**
 * One directory of manifests and the objects made of them. A pass goes:
 *
 *   read files ─▶ resolve kinds ─▶ inventory ∪ wanted, stored ─▶ each object in order ─▶ prune ─▶ inventory, stored
 *
 * What fails is tried again on its own schedule; only a lost connection or an unreadable directory ends a pass early.
 */

import { toAppError } from '@easycerts/core';
import type { ServiceContext } from '@easycerts/runtime';
import type { AddonSetName } from '../core/addon-mode.ts';
import type { Inventory } from '../core/inventory.ts';
import { keyOf } from '../core/kube-object.ts';
import type { ManifestProblem } from '../core/parse-manifests.ts';
import type { ObjectResult, PassReport } from '../core/pass-report.ts';
import { planPrune } from '../core/plan-prune.ts';
import { entryOf } from '../core/wanted-object.ts';
import type { Gathered } from './gather-wanted.ts';
import { gatherWanted } from './gather-wanted.ts';
import { createInventoryStore } from './inventory-store.ts';
import type { KubeAccess } from './kube-access.ts';
import type { Attempt } from './object-applier.ts';
import { createObjectApplier } from './object-applier.ts';
import { pruneObjects } from './prune-objects.ts';

export interface AddonSetOptions {
  readonly name: AddonSetName;
  readonly directory: string;
  readonly access: KubeAccess;
  /** For what has lost its manifest. */
  readonly pruneAccess: KubeAccess;
  readonly pruneDelayMs: number;
  /** Leaves objects alone that are right at the first look, so that no rights are needed for them. */
  readonly trustsContent: boolean;
}

export interface AddonSet {
  readonly name: AddonSetName;
  /** Never throws: what went wrong stands in the report. */
  pass(options: { readonly dryRun: boolean }): Promise<PassReport>;
  /** Makes every retry due now. */
  retryAll(): void;
  close(): void;
}

/** A set with nothing known about it yet; the first pass looks at everything. */
export function createAddonSet(
  context: Pick<ServiceContext, 'clock' | 'logger' | 'random'>,
  options: AddonSetOptions,
): AddonSet {
  const { access, name, pruneAccess } = options;
  const store = createInventoryStore(name, context.logger);
  const applier = createObjectApplier(context, { set: name, access, trustsContent: options.trustsContent });
  let missingSince: ReadonlyMap<string, number> = new Map();

  const prune = async (inventory: Inventory, gathered: Gathered, dryRun: boolean): Promise<PruneOutcome> => {
    const nowMs = context.clock.now().getTime();
    const plan = planPrune({ inventory, ...gathered, missingSince, nowMs, delayMs: dryRun ? 0 : options.pruneDelayMs });
    const pruned = await pruneObjects(pruneAccess, plan.prune, { set: name, dryRun });
    const left = new Map(inventory);
    for (const entry of plan.release) left.delete(keyOf(entry));
    for (const { entry, isDone } of pruned) if (isDone) left.delete(keyOf(entry));
    if (!dryRun) {
      missingSince = plan.missingSince;
      await store.save(access, left);
    }
    return { results: pruned.map(({ result }) => result), dueAtMs: plan.nextAtMs === undefined ? [] : [plan.nextAtMs] };
  };

  const pass = async (dryRun: boolean, report: MutableReport): Promise<void> => {
    const gathered = await gatherWanted(options.directory, access, name);
    report.problems = gathered.problems;
    const stored = await store.load(access);
    const inventory = withWanted(stored, gathered);
    if (!dryRun) await store.save(access, inventory);
    for (const wanted of gathered.objects) note(report, await applier.apply(wanted, dryRun));
    for (const unserved of gathered.unserved) note(report, applier.reportUnserved(unserved));
    applier.keepOnly(new Set([...gathered.objects.map(({ key }) => key), ...gathered.unserved.map(({ key }) => key)]));
    const pruned = await prune(inventory, gathered, dryRun);
    report.results.push(...pruned.results);
    report.dueAtMs.push(...pruned.dueAtMs);
  };

  return {
    name,
    retryAll: () => applier.retryAll(),
    close() {
      access.close();
      pruneAccess.close();
    },
    async pass({ dryRun }) {
      const report: MutableReport = { results: [], problems: [], dueAtMs: [] };
      try {
        await pass(dryRun, report);
        return { set: name, ...report };
      } catch (error) {
        return { set: name, ...report, interruption: toAppError(error, `apply the ${name} set`) };
      } finally {
        access.endPass();
        pruneAccess.endPass();
      }
    },
  };
}

interface MutableReport {
  readonly results: ObjectResult[];
  problems: readonly ManifestProblem[];
  readonly dueAtMs: number[];
}

interface PruneOutcome {
  readonly results: readonly ObjectResult[];
  readonly dueAtMs: readonly number[];
}

function note(report: MutableReport, { result, dueAtMs }: Attempt): void {
  report.results.push(result);
  if (dueAtMs !== undefined) report.dueAtMs.push(dueAtMs);
}

/** What is about to be made stands in the inventory first: a crash in between must not leave objects that nobody prunes. */
function withWanted(inventory: Inventory, { objects }: Gathered): Inventory {
  const reconciled = objects.filter(({ manifest }) => manifest.mode === 'Reconcile');
  return new Map([...inventory, ...reconciled.map((wanted) => [wanted.key, entryOf(wanted)] as const)]);
}
