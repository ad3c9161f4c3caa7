/** A manifest that is ready to be applied: how its kind is served is known, and what exactly is to be sent. */

import type { AddonSetName } from './addon-mode.ts';
import { markedObject } from './addon-mode.ts';
import { inApplyOrder } from './apply-order.ts';
import type { InventoryEntry } from './inventory.ts';
import type { KubeObject, ObjectReference, ResourceKind } from './kube-object.ts';
import { describeObject, keyOf, referenceOf } from './kube-object.ts';
import type { Manifest, ManifestProblem } from './parse-manifests.ts';
import { placeOf } from './parse-manifests.ts';

export interface WantedObject {
  readonly key: string;
  readonly reference: ObjectReference;
  readonly manifest: Manifest;
  /** With our mark. */
  readonly desired: KubeObject;
}

/** A kind that is not served (yet): its definition may be one of the other manifests. */
export interface UnservedManifest {
  /** For the book of retries. */
  readonly key: string;
  readonly manifest: Manifest;
  /** Every key that the object can have, because nobody knows yet whether the kind has namespaces. */
  readonly possibleKeys: readonly string[];
}

export interface WantedSet {
  /** In the order of applying. */
  readonly objects: readonly WantedObject[];
  readonly unserved: readonly UnservedManifest[];
  /** Objects that stand in two manifests: the first one counts. */
  readonly problems: readonly ManifestProblem[];
}

/** `kindOf` answers for every kind of the manifests. */
export function resolveWanted(
  manifests: readonly Manifest[],
  kindOf: (object: KubeObject) => ResourceKind | undefined,
  set: AddonSetName,
): WantedSet {
  const objects = new Map<string, WantedObject>();
  const unserved: UnservedManifest[] = [];
  const problems: ManifestProblem[] = [];
  for (const manifest of manifests) {
    const kind = kindOf(manifest.object);
    if (kind === undefined) {
      const possibleKeys = possibleKeysOf(manifest.object);
      unserved.push({ key: possibleKeys.join(' '), manifest, possibleKeys });
      continue;
    }
    const reference = referenceOf(manifest.object, kind);
    const key = keyOf(reference);
    const first = objects.get(key);
    if (first !== undefined) problems.push(repeated(manifest, first));
    else objects.set(key, { key, reference, manifest, desired: markedObject(manifest.object, manifest.mode, set) });
  }
  return { objects: inApplyOrder([...objects.values()], ({ reference }) => reference.kind), unserved, problems };
}

/** The line of the inventory for an object. */
export function entryOf({ reference, manifest }: WantedObject): InventoryEntry {
  return { ...reference, addon: manifest.addon, file: manifest.source.file };
}

/** Every key that an object whose kind is unknown can have. */
export function possibleKeysOf(object: KubeObject): readonly string[] {
  const { apiVersion, kind, metadata } = object;
  const namespaces = new Set(['', metadata.namespace ?? 'default']);
  return [...namespaces].map((namespace) => keyOf({ apiVersion, kind, namespace, name: metadata.name }));
}

function repeated(manifest: Manifest, first: WantedObject): ManifestProblem {
  const message = `${placeOf(manifest.source)}: ${describeObject(first.reference)} stands in ${placeOf(first.manifest.source)} already`;
  const { addon, source } = manifest;
  return { kind: 'ignored', addon, source, message, cure: 'remove one of the two' };
}
