/** `ca automation revoke <name>`: the program may read no more. */

import { AutomationsService } from '@easycerts/contracts';
import type { CommandContext } from '@easycerts/runtime';
import { type ConnectOptions, withService } from '../connect.ts';

/** Revokes it. */
export async function revoke(context: CommandContext, name: string, options: ConnectOptions): Promise<void> {
  await withService(AutomationsService, { context, options }, (client) =>
    client.revokeAutomation({ name }, { signal: context.signal }),
  );
  const text = `revoked automation ${name}\n`;
  process.stdout.write(context.isJson ? `${JSON.stringify({ name, state: 'revoked' })}\n` : text);
}
