/** Puts every addon into its set: what grants rights into `bootstrap`, everything else where it was written. */

import type { ClusterConfig } from '@easycerts/cluster';
import { addonManagerAccess } from './addon-manager-access.ts';
import { clusterAccess, flannelAccess, leavingAccess } from './cluster-access.ts';
import { coredns } from './coredns.ts';
import { givenAddons, isWellFormed } from './given-addons.ts';
import type { Addon, Manifest } from './manifest.ts';
import { grantsRights, manifestKey } from './manifest.ts';
import { kindsServedWith } from './resource-name.ts';

export interface AddonSets {
  readonly bootstrap: readonly Addon[];
  readonly addons: readonly Addon[];
}

/** Both sets. An object of ours that cluster.yaml defines as well is taken from cluster.yaml. */
export function addonSets(config: ClusterConfig): AddonSets {
  const given = {
    bootstrap: givenAddons(config.addonManager.bootstrapAddons),
    addons: givenAddons(config.addonManager.addons),
  };
  const overridden = new Set([...objectsOf(given.bootstrap), ...objectsOf(given.addons)].map(manifestKey));
  const ours = withoutObjects(ourAddons(config), overridden);
  const everyday = [...ours.everyday, ...given.addons];
  const bootstrap = [...ours.bootstrap, ...select(everyday, isForBootstrap), ...given.bootstrap];
  const addons = select(everyday, (manifest) => !isForBootstrap(manifest));
  const kept = objectsOf(addons);
  const observed = objectsOf(bootstrap);
  const access = addonManagerAccess({ kept, observed, servedAs: kindsServedWith([...kept, ...observed]) });
  return { bootstrap: [...bootstrap, access], addons };
}

interface OurAddons {
  readonly bootstrap: readonly Addon[];
  readonly everyday: readonly Addon[];
}

function ourAddons(config: ClusterConfig): OurAddons {
  const { dns } = config.addons;
  return {
    bootstrap: [clusterAccess, flannelAccess, ...leavingAccess(config)],
    everyday: dns.enable ? [coredns(dns)] : [],
  };
}

function withoutObjects({ bootstrap, everyday }: OurAddons, keys: ReadonlySet<string>): OurAddons {
  const isOurs = (manifest: Manifest): boolean => !keys.has(manifestKey(manifest));
  return { bootstrap: select(bootstrap, isOurs), everyday: select(everyday, isOurs) };
}

function isForBootstrap(manifest: Manifest): boolean {
  return isWellFormed(manifest) && grantsRights(manifest);
}

/** The addons with only those manifests; addons with nothing left are gone. */
function select(addons: readonly Addon[], isWanted: (manifest: Manifest) => boolean): readonly Addon[] {
  return addons
    .map(({ name, manifests }) => ({ name, manifests: manifests.filter(isWanted) }))
    .filter(({ manifests }) => manifests.length > 0);
}

function objectsOf(addons: readonly Addon[]): readonly Manifest[] {
  return addons.flatMap(({ manifests }) => manifests).filter(isWellFormed);
}
