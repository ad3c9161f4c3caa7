/** Deletes what has lost its manifest, as far as it is ours. */

import { toAppError } from '@easycerts/core';
import type { AddonSetName } from '../core/addon-mode.ts';
import { isConnectionFailure } from '../core/api-failure.ts';
import type { InventoryEntry } from '../core/inventory.ts';
import type { ObjectResult, Outcome } from '../core/pass-report.ts';
import { decidePrune } from '../core/plan-prune.ts';
import type { KubeAccess } from './kube-access.ts';

export interface Pruned {
  readonly entry: InventoryEntry;
  readonly result: ObjectResult;
  /** Whether the entry leaves the inventory. */
  readonly isDone: boolean;
}

/** Prunes in the given order. One that cannot be deleted harms no other; only a lost connection is thrown. */
export async function pruneObjects(
  access: KubeAccess,
  entries: readonly InventoryEntry[],
  options: { readonly set: AddonSetName; readonly dryRun: boolean },
): Promise<readonly Pruned[]> {
  const pruned: Pruned[] = [];
  for (const entry of entries) {
    try {
      pruned.push(await pruneObject(access, entry, options));
    } catch (thrown) {
      const error = toAppError(thrown, `prune ${entry.kind} ${entry.name}`);
      if (isConnectionFailure(error)) throw error;
      pruned.push({
        entry,
        isDone: false,
        result: { ...resultOf(entry, options.set, 'failed', error.message), error },
      });
    }
  }
  return pruned;
}

async function pruneObject(
  access: KubeAccess,
  entry: InventoryEntry,
  { set, dryRun }: { readonly set: AddonSetName; readonly dryRun: boolean },
): Promise<Pruned> {
  const done = (outcome: Outcome, detail = ''): Pruned => ({
    entry,
    isDone: true,
    result: resultOf(entry, set, outcome, detail),
  });
  const waiting = { entry, isDone: false, result: resultOf(entry, set, 'waiting', 'its finalizers hold it') };
  // Its definition may have been deleted, and the object with it, or may not be there yet: asked again every time.
  if ((await access.kindOf(entry.apiVersion, entry.kind)) === undefined) {
    return { entry, isDone: false, result: resultOf(entry, set, 'kept', 'its kind is not served') };
  }
  const live = await access.read(entry);
  const decision = decidePrune(live, set);
  switch (decision) {
    case 'gone':
      return done('pruned');
    case 'not-ours':
      return done('kept', 'it no longer carries our marks');
    case 'left-in-place':
      return done('kept', 'deleting it would delete every object of its kind: delete it by hand if that is wanted');
    case 'wait':
      return waiting;
    case 'delete': {
      if (dryRun || live === undefined) return done('pruned');
      return (await (await access.writer()).delete(entry, live)) ? done('pruned') : waiting;
    }
    default:
      return decision satisfies never;
  }
}

function resultOf(entry: InventoryEntry, set: AddonSetName, outcome: Outcome, detail: string): ObjectResult {
  const { apiVersion, kind, namespace, name, addon } = entry;
  return { set, addon, reference: { apiVersion, kind, namespace, name }, mode: 'Reconcile', outcome, detail };
}
