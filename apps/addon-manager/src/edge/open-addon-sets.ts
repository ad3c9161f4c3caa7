/** The two sets of a master, with the identities they are kept with. */

import type { ServiceContext } from '@easycerts/runtime';
import type { AddonSet } from './addon-set.ts';
import { createAddonSet } from './addon-set.ts';
import { openAccess, openEscalatingAccess } from './kube-access.ts';

export interface AddonSetPaths {
  readonly addonsDirectory: string;
  readonly bootstrapDirectory: string;
  /** Of User system:kube-addon-manager. */
  readonly kubeconfig: string;
  /** Of super-admin; need not exist. */
  readonly superAdminKubeconfig: string;
}

/** `bootstrap` first: it gives the rights that `addons` needs. */
export function openAddonSets(
  context: Pick<ServiceContext, 'clock' | 'logger' | 'random'>,
  options: AddonSetPaths & { readonly pruneDelayMs: number },
): readonly AddonSet[] {
  const { kubeconfig: everyday, superAdminKubeconfig: escalated, pruneDelayMs } = options;
  const openEscalating = (writes: 'escalated' | 'as-read') =>
    openEscalatingAccess({ everyday, escalated, writes }, context.logger);
  return [
    createAddonSet(context, {
      name: 'bootstrap',
      directory: options.bootstrapDirectory,
      access: openEscalating('escalated'),
      pruneAccess: openEscalating('escalated'),
      pruneDelayMs,
      trustsContent: true,
    }),
    createAddonSet(context, {
      name: 'addons',
      directory: options.addonsDirectory,
      access: openAccess(everyday),
      pruneAccess: openEscalating('as-read'),
      pruneDelayMs,
      trustsContent: false,
    }),
  ];
}
