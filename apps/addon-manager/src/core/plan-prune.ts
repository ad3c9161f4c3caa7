/** Which objects of the inventory have lost their manifest, and what may be done about each. */

import type { AddonSetName } from './addon-mode.ts';
import { isOwnedBy } from './addon-mode.ts';
import { inPruneOrder } from './apply-order.ts';
import type { Inventory, InventoryEntry } from './inventory.ts';
import type { KubeObject } from './kube-object.ts';

export interface PruneFacts {
  readonly inventory: Inventory;
  /** Keys of the objects that the manifests of now want with mode Reconcile. */
  readonly wanted: ReadonlySet<string>;
  /** Keys of the objects whose manifest is there but no longer asks for Reconcile: they belong to the users from now on. */
  readonly released: ReadonlySet<string>;
  /** Files that cannot be read or understood at the moment. */
  readonly damagedFiles: ReadonlySet<string>;
  /** Since when each object's manifest has been missing. */
  readonly missingSince: ReadonlyMap<string, number>;
  readonly nowMs: number;
  /** How long a manifest must have been missing: a file that is being renamed must not cost its objects their lives. */
  readonly delayMs: number;
}

export interface PrunePlan {
  /** To be deleted, in this order. */
  readonly prune: readonly InventoryEntry[];
  /** No longer ours, without being deleted. */
  readonly release: readonly InventoryEntry[];
  /** The new state for {@link PruneFacts.missingSince}. */
  readonly missingSince: ReadonlyMap<string, number>;
  /** When the next object will be due, if one waits. */
  readonly nextAtMs?: number;
}

/** Compares the inventory with the manifests. Nothing from a damaged file is pruned. */
export function planPrune(facts: PruneFacts): PrunePlan {
  const prune: InventoryEntry[] = [];
  const release: InventoryEntry[] = [];
  const missingSince = new Map<string, number>();
  let nextAtMs: number | undefined;
  for (const [key, entry] of facts.inventory) {
    if (facts.wanted.has(key) || facts.damagedFiles.has(entry.file)) continue;
    if (facts.released.has(key)) {
      release.push(entry);
      continue;
    }
    const since = facts.missingSince.get(key) ?? facts.nowMs;
    missingSince.set(key, since);
    const dueAtMs = since + facts.delayMs;
    if (dueAtMs <= facts.nowMs) prune.push(entry);
    else nextAtMs = Math.min(nextAtMs ?? dueAtMs, dueAtMs);
  }
  const plan = { prune: inPruneOrder(prune, (entry) => entry.kind), release, missingSince };
  return nextAtMs === undefined ? plan : { ...plan, nextAtMs };
}

export type PruneDecision = 'delete' | 'wait' | 'gone' | 'not-ours' | 'left-in-place';

/**
 * What to do with an object that is due, from how it lives now. Somebody may have made it anew or taken our marks off: then
 * it is not ours. A CustomResourceDefinition is left in place, because every object of its kind would go with it.
 */
export function decidePrune(live: KubeObject | undefined, set: AddonSetName): PruneDecision {
  if (live === undefined) return 'gone';
  if (!isOwnedBy(live, set)) return 'not-ours';
  if (live.kind === 'CustomResourceDefinition') return 'left-in-place';
  return live.metadata.deletionTimestamp === undefined ? 'delete' : 'wait';
}
