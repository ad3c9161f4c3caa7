/** Notes on a node which document its files follow from, for joiner to tell once the components run with them. */

import { appliedConfigFile, readAppliedConfig, writeFilesAtomically } from '@easycerts/runtime';
import { nextApplied } from '../core/next-applied.ts';
import type { HostRendererOptions, RenderPlan } from './host-renderer.ts';

/** To be called when every file of the plan is in its place. `revision`: of the key on the bus, when it comes from there. */
export async function recordApplied(
  { digest }: RenderPlan,
  { paths, users }: HostRendererOptions,
  at: { readonly revision: number | undefined; readonly now: Date },
): Promise<void> {
  const applied = nextApplied(readAppliedConfig(paths), { digest, ...at });
  if (applied !== undefined) await writeFilesAtomically([appliedConfigFile(paths, applied)], users);
}
