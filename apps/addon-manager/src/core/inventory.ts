/**
 * The inventory: what a set has applied with mode Reconcile, so that pruning needs no search through every kind there is.
 * It is written before an object is made (a crash in between must not leave one that nobody prunes) and after one is gone.
 */

import type { Finding } from '@easycerts/core';
import type { AddonSetName } from './addon-mode.ts';
import type { ObjectReference } from './kube-object.ts';
import { keyOf } from './kube-object.ts';

export interface InventoryEntry extends ObjectReference {
  /** The addon that it came from. */
  readonly addon: string;
  /** The file that it came from: while that is damaged, the object stays. */
  readonly file: string;
}

export type Inventory = ReadonlyMap<string, InventoryEntry>;

/** Where the inventory of a set is kept: one ConfigMap of kube-system. */
export function inventoryReference(set: AddonSetName): ObjectReference {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kube-system', name: `easycerts-${set}-inventory` };
}

const dataKey = 'inventory.json';
const formatVersion = 1;

/** The content of the ConfigMap. Sorted, so that the same inventory is the same text. */
export function inventoryData(inventory: Inventory): Readonly<Record<string, string>> {
  const objects = [...inventory.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, entry]) => entry);
  return { [dataKey]: `${JSON.stringify({ version: formatVersion, objects }, undefined, 1)}\n` };
}

/** Reads the content of the ConfigMap; a finding when somebody made something else of it. */
export function parseInventory(data: unknown): Inventory | Finding<'damaged'> {
  const text = isRecord(data) ? data[dataKey] : undefined;
  if (typeof text !== 'string') return { reason: 'damaged', detail: `has no ${dataKey}` };
  const content = parseJson(text);
  if (!isRecord(content)) return { reason: 'damaged', detail: `${dataKey} is not JSON` };
  if (content.version !== formatVersion) return { reason: 'damaged', detail: `${dataKey} has an unknown version` };
  if (!Array.isArray(content.objects)) return { reason: 'damaged', detail: `${dataKey} has no list of objects` };
  const entries = content.objects.map(entryOf);
  if (entries.includes(undefined)) return { reason: 'damaged', detail: `${dataKey} has an entry that is not one` };
  return new Map(entries.filter((entry) => entry !== undefined).map((entry) => [keyOf(entry), entry]));
}

/** Whether both hold the same entries. */
export function isSameInventory(left: Inventory, right: Inventory): boolean {
  return inventoryData(left)[dataKey] === inventoryData(right)[dataKey];
}

function entryOf(value: unknown): InventoryEntry | undefined {
  if (!isRecord(value)) return undefined;
  const { apiVersion, kind, namespace, name, addon, file } = value;
  if (!isFilled(apiVersion) || !isFilled(kind) || !isFilled(name)) return undefined;
  if (typeof namespace !== 'string' || typeof addon !== 'string' || typeof file !== 'string') return undefined;
  return { apiVersion, kind, namespace, name, addon, file };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
