/** The manifests that people write in `addonManager.addons` and `addonManager.bootstrapAddons`. */

import type { Addon, Manifest } from './manifest.ts';

type Given = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * One addon for each key, lists taken apart. What is no Kubernetes object goes through unchanged: addon-manager says what is
 * wrong with it, and where.
 */
export function givenAddons(given: Given): readonly Addon[] {
  return Object.entries(given).map(([name, value]) => ({
    name,
    manifests: flattenLists(value) as readonly Manifest[],
  }));
}

/** Whether it has what tells one object from another. */
export function isWellFormed(value: unknown): value is Manifest {
  if (!isRecord(value) || !isRecord(value.metadata)) return false;
  const { name, namespace } = value.metadata;
  if (namespace !== undefined && typeof namespace !== 'string') return false;
  return [value.apiVersion, value.kind, name].every((field) => typeof field === 'string' && field !== '');
}

function flattenLists(value: unknown): readonly unknown[] {
  if (isRecord(value) && value.kind === 'List' && Array.isArray(value.items)) return value.items.flatMap(flattenLists);
  return [value];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
