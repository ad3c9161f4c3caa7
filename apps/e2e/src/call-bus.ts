/** The bus of a sandbox, which listens on loopback there, used with the identity of its master. */

import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { sandboxInit } from './inside-processes.ts';
import { mustRun } from './run-command.ts';

export type BusCall =
  | { readonly kind: 'put'; readonly bucket: string; readonly key: string; readonly value: string }
  | { readonly kind: 'read'; readonly stream: string; readonly subject: string };

/** A command as it is to be run in the network of the sandbox. */
export function inNetworkOf(cluster: Cluster, words: readonly string[]): readonly string[] {
  const init = sandboxInit(cluster);
  if (init === undefined) throw new Error('the cluster does not run');
  return ['nsenter', '--target', String(init), '--net', ...words];
}

/** Makes a call; what was read comes back as texts. */
export async function callBus(cluster: Cluster, call: BusCall): Promise<readonly string[]> {
  const identity = cluster.file('/var/lib/easycerts/host');
  const words = inNetworkOf(cluster, [process.execPath, join(import.meta.dirname, 'bus-caller.ts'), identity]);
  return JSON.parse(await mustRun(words, { input: JSON.stringify(call) })) as readonly string[];
}
