/** Tells when something that the rendering depends on may have changed on this host. */

import { type FSWatcher, watch } from 'node:fs';
import { posix } from 'node:path';
import type { HostRendererOptions } from './host-renderer.ts';
import { makeSubnetDirectory } from './late-facts.ts';

/** Watches until the returned function is called. Folders that do not exist are left to the interval. */
export async function watchFiles({ configFile, paths }: HostRendererOptions, onHint: () => void): Promise<() => void> {
  const etc = posix.dirname(configFile);
  const watched: readonly (readonly [string, readonly string[]])[] = [
    [etc, [posix.basename(configFile), 'overlay.yaml', posix.basename(paths.nodeFile)]],
    [posix.dirname(paths.receivedConfig), [posix.basename(paths.receivedConfig), posix.basename(paths.receivedHost)]],
    [await makeSubnetDirectory(paths), [posix.basename(paths.flannelSubnet)]],
  ];
  const watchers = watched.flatMap(([directory, names]) => watchDirectory(directory, new Set(names), onHint));
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

function watchDirectory(directory: string, names: ReadonlySet<string>, onHint: () => void): readonly FSWatcher[] {
  try {
    const watcher = watch(directory, (_event, name) => {
      if (name === null || names.has(name)) onHint();
    });
    watcher.on('error', () => undefined);
    return [watcher];
  } catch {
    return [];
  }
}
