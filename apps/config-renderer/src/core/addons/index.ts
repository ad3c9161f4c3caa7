/**
 * Every addon of a cluster, in two sets that addon-manager keeps applied: `bootstrap` with super-admin's rights, because it grants
 * rights, and `addons` with those of system:kube-addon-manager, which the bootstrap set grants. Pure functions of the
 * configuration.
 */

import type { ClusterConfig } from '@easycerts/cluster';
import { addonSets } from './addon-sets.ts';
import type { Manifest } from './manifest.ts';

export { addonFiles } from './addon-files.ts';
export { type AddonSets, addonSets } from './addon-sets.ts';
export type { Addon, Manifest } from './manifest.ts';

/** The objects that are applied with super-admin's rights. */
export function bootstrapAddons(config: ClusterConfig): readonly Manifest[] {
  return addonSets(config).bootstrap.flatMap(({ manifests }) => manifests);
}

/** The objects that are applied with the rights of system:kube-addon-manager. */
export function addons(config: ClusterConfig): readonly Manifest[] {
  return addonSets(config).addons.flatMap(({ manifests }) => manifests);
}
