/** The addons as files: one for each addon, in the directory of its set. */

import type { ComponentContext, RenderedFile } from '@easycerts/cluster';
import { stringify } from 'yaml';
import { generatedNotice } from '../yaml-file.ts';
import { addonSets } from './addon-sets.ts';
import type { Addon } from './manifest.ts';

/** The files of both sets; none where addon-manager does not run. */
export function addonFiles({ config, paths }: Pick<ComponentContext, 'config' | 'paths'>): readonly RenderedFile[] {
  if (!config.addonManager.enable) return [];
  const { bootstrap, addons } = addonSets(config);
  return [...filesOf(bootstrap, paths.bootstrapAddons), ...filesOf(addons, paths.addons)];
}

/** Two addons may have the same name (cluster.yaml may call one `dns` too): then they share a file. Secrets: root only. */
function filesOf(addons: readonly Addon[], directory: string): readonly RenderedFile[] {
  return [...Map.groupBy(addons, ({ name }) => name)].map(([name, same]) => ({
    path: `${directory}/${name}.yaml`,
    owner: 'root',
    group: 'root',
    mode: 0o600,
    content:
      generatedNotice +
      same
        .flatMap(({ manifests }) => manifests)
        .map(documentOf)
        .join('---\n'),
  }));
}

function documentOf(manifest: unknown): string {
  return stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false });
}
