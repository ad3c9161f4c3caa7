/** `ca cfssl-key revoke`: nobody gets anything with it any more. */

import { CfsslKeysService } from '@easycerts/contracts';
import type { CommandContext } from '@easycerts/runtime';
import { withService } from '../connect.ts';
import type { KeyOptions } from './key-options.ts';

/** Revokes a key. Certificates that were issued stay. */
export async function revoke(context: CommandContext, options: KeyOptions): Promise<void> {
  const { host, profile } = options;
  await withService(CfsslKeysService, { context, options }, (client) =>
    client.revokeCfsslKey({ host, profile }, { signal: context.signal }),
  );
  const json = (): string => `${JSON.stringify({ host, profile, state: 'revoked' })}\n`;
  process.stdout.write(context.isJson ? json() : `revoked the key of ${host} for the profile ${profile}\n`);
}
