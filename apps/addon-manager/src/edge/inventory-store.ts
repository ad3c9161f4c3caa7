/** Keeps the inventory of a set in its ConfigMap. */

import type { Logger } from '@easycerts/runtime';
import type { AddonSetName } from '../core/addon-mode.ts';
import type { Inventory } from '../core/inventory.ts';
import { inventoryData, inventoryReference, isSameInventory, parseInventory } from '../core/inventory.ts';
import type { KubeObject } from '../core/kube-object.ts';
import type { KubeAccess } from './kube-access.ts';

export interface InventoryStore {
  /** What was applied, by the ConfigMap and by our own memory (somebody may have deleted or damaged the ConfigMap). */
  load(access: KubeAccess): Promise<Inventory>;
  /** Makes the ConfigMap say this; nothing is written when it does already. AppError CONFLICT when another master was faster. */
  save(access: KubeAccess, inventory: Inventory): Promise<void>;
}

/** The store of one set. */
export function createInventoryStore(set: AddonSetName, logger: Logger): InventoryStore {
  const reference = inventoryReference(set);
  let stored: KubeObject | undefined;
  let storedInventory: Inventory | undefined;
  let remembered: Inventory = new Map();

  return {
    async load(access) {
      stored = await access.read(reference);
      storedInventory = undefined;
      if (stored === undefined) return remembered;
      const read = parseInventory(stored.data);
      if ('reason' in read) {
        logger.warn(
          { configMap: reference.name, detail: read.detail },
          'inventory of addons is damaged and is written anew',
        );
        return remembered;
      }
      storedInventory = read;
      remembered = read;
      return read;
    },
    async save(access, inventory) {
      remembered = inventory;
      if (storedInventory !== undefined && isSameInventory(storedInventory, inventory)) return;
      if (stored === undefined && inventory.size === 0) return;
      const client = await access.writer();
      const metadata = { name: reference.name, namespace: reference.namespace };
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: inventoryData(inventory) };
      if (stored === undefined) stored = await client.create(reference, body, { dryRun: false });
      else stored = await client.update(reference, { ...stored, data: inventoryData(inventory) });
      storedInventory = inventory;
    },
  };
}
