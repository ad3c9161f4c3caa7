/**
 * What the label of an object asks for, as upstream's addon-manager means it
 * (https://github.com/kubernetes/kubernetes/tree/v1.36.3/cluster/addons/addon-manager).
 */

import type { Finding } from '@easycerts/core';
import type { KubeObject } from './kube-object.ts';

/** `Reconcile`: kept as its manifest says, pruned with it. `EnsureExists`: made when absent, then left to the users. */
export const addonModes = ['Reconcile', 'EnsureExists'] as const;
export type AddonMode = (typeof addonModes)[number];

export const modeLabel = 'addonmanager.kubernetes.io/mode';

/** Marks an object as one that we applied, with the name of the set: only such objects are ever pruned. */
export const ownerAnnotation = 'easycerts/addon-set';

/** The two sets: `bootstrap` is applied with super-admin's rights, `addons` with those of system:kube-addon-manager. */
export type AddonSetName = 'bootstrap' | 'addons';

/** The mode that the label of an object asks for, or why it asks for none. */
export function modeOf(object: KubeObject): AddonMode | Finding<'unlabelled' | 'unknown-mode'> {
  const value = object.metadata.labels?.[modeLabel];
  if (value === undefined) return { reason: 'unlabelled', detail: `has no label ${modeLabel} and is ignored` };
  const mode = addonModes.find((known) => known === value);
  if (mode !== undefined) return mode;
  return { reason: 'unknown-mode', detail: `label ${modeLabel} must be Reconcile or EnsureExists` };
}

/** Whether a living object is one that this set applied and has to keep: it carries both marks. */
export function isOwnedBy(live: KubeObject, set: AddonSetName): boolean {
  return live.metadata.labels?.[modeLabel] === 'Reconcile' && live.metadata.annotations?.[ownerAnnotation] === set;
}

/** Whether a living object was applied by the bootstrap set: the other set, with fewer rights, keeps its hands off. */
export function isBootstrapObject(live: KubeObject): boolean {
  return isOwnedBy(live, 'bootstrap');
}

/** The object to apply for a manifest: with our mark when it is to be kept as it is, as written otherwise. */
export function markedObject(object: KubeObject, mode: AddonMode, set: AddonSetName): KubeObject {
  if (mode === 'EnsureExists') return object;
  const annotations = { ...object.metadata.annotations, [ownerAnnotation]: set };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
