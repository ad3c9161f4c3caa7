/**
 * The rights that somebody needs who reads or keeps the given objects: exactly those, by name where the API allows that.
 * Derived from the manifests, so that an addon brings the rights for itself along.
 */

import type { Manifest } from './manifest.ts';
import type { PolicyRule } from './rbac.ts';
import type { ServedKind } from './resource-name.ts';

/** `keep`: make, correct and prune them. `read`: look whether they are right. */
export type Purpose = 'keep' | 'read';

/** The namespace that stands for the whole cluster. */
export const wholeCluster = '';

/** One line for each object: what it is, where, and what for. */
export interface Need {
  readonly purpose: Purpose;
  readonly served: ServedKind;
  /** {@link wholeCluster} for objects without one. */
  readonly namespace: string;
  readonly name: string;
}

/** What an object needs. Objects without a namespace of their own live in `default`, as for kubectl. */
export function needOf(manifest: Manifest, served: ServedKind, purpose: Purpose): Need {
  const namespace = served.isNamespaced ? (manifest.metadata.namespace ?? 'default') : wholeCluster;
  return { purpose, served, namespace, name: manifest.metadata.name };
}

/** The rules for these needs by namespace, sorted, so that the same objects always give the same text. */
export function rulesFor(needs: readonly Need[]): ReadonlyMap<string, readonly PolicyRule[]> {
  const byNamespace = Map.groupBy(needs, ({ namespace }) => namespace);
  return new Map([...byNamespace].sort(byKey).map(([namespace, here]) => [namespace, rulesOf(here)]));
}

function rulesOf(needs: readonly Need[]): readonly PolicyRule[] {
  const byResource = Map.groupBy(needs, ({ served, purpose }) => `${served.group}/${served.resource} ${purpose}`);
  return [...byResource].sort(byKey).flatMap(([, same]) => rulesOfResource(same));
}

/** `create` cannot be restricted by name; `patch` is server-side apply. */
function rulesOfResource(needs: readonly Need[]): readonly PolicyRule[] {
  const [first] = needs;
  if (first === undefined) return [];
  const what = { apiGroups: [first.served.group], resources: [first.served.resource] };
  const resourceNames = [...new Set(needs.map(({ name }) => name))].sort();
  if (first.purpose === 'read') return [{ ...what, resourceNames, verbs: ['get'] }];
  return [
    { ...what, verbs: ['create'] },
    { ...what, resourceNames, verbs: ['delete', 'get', 'patch', 'update'] },
  ];
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
