/** `ca cfssl-key create`: the key, on standard output and nowhere else. */

import { CfsslKeysService } from '@easycerts/contracts';
import type { CommandContext } from '@easycerts/runtime';
import { withService } from '../connect.ts';
import { type KeyOptions, madeText } from './key-options.ts';

export interface CreateOptions extends KeyOptions {
  readonly register?: boolean;
  readonly address?: readonly string[];
}

/** Makes a key. */
export async function create(context: CommandContext, options: CreateOptions): Promise<void> {
  const { host, profile, register = false, address = [] } = options;
  const request = { host, profile, registerHost: register, addresses: [...address] };
  const made = await withService(CfsslKeysService, { context, options }, (client) =>
    client.createCfsslKey(request, { signal: context.signal }),
  );
  process.stdout.write(madeText(made, context.isJson));
  if (process.stderr.isTTY && !context.isJson) {
    process.stderr.write(`\nThe key of ${host} for certmgr's authority.auth_key. It is a secret: keep it 0600.\n`);
  }
}
