/** `ca token revoke <id>`: nobody can join with it any more. */

import { TokensService } from '@easycerts/contracts';
import type { CommandContext } from '@easycerts/runtime';
import { type ConnectOptions, withService } from '../connect.ts';

/** Revokes a token. Hosts that have joined with it stay. */
export async function revoke(context: CommandContext, id: string, options: ConnectOptions): Promise<void> {
  await withService(TokensService, { context, options }, (client) =>
    client.revokeToken({ id }, { signal: context.signal }),
  );
  process.stdout.write(context.isJson ? `${JSON.stringify({ id, state: 'revoked' })}\n` : `revoked token ${id}\n`);
}
