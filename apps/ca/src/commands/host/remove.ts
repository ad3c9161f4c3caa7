/** `ca host remove <name>`: takes a node out of the cluster. */

import { HostsService } from '@easycerts/contracts';
import type { CommandContext } from '@easycerts/runtime';
import { type ConnectOptions, withService } from '../connect.ts';

export interface RemoveOptions extends ConnectOptions {
  readonly note?: string;
}

/** Removes it. The Node object of Kubernetes stays: `kubectl delete node` takes it away. */
export async function remove(context: CommandContext, name: string, options: RemoveOptions): Promise<void> {
  const { revoked } = await withService(HostsService, { context, options }, (client) =>
    client.removeHost({ name, note: options.note ?? '' }, { signal: context.signal }),
  );
  const text = `removed host ${name}: ${revoked} certificates revoked\n`;
  process.stdout.write(context.isJson ? `${JSON.stringify({ name, revoked })}\n` : text);
  if (process.stderr.isTTY && !context.isJson) process.stderr.write(`in Kubernetes: kubectl delete node ${name}\n`);
}
