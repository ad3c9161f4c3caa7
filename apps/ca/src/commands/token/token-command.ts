/** The command `ca token` and its subcommands. */

import { contextOf } from '@easycerts/runtime';
import { Command, Option } from 'commander';
import type { ConnectOptions } from '../connect.ts';
import type { CreateOptions } from './create.ts';

/** `ca token …`; `endpoint` is the option that says which CA to ask. */
export function tokenCommand(endpoint: Option): Command {
  const token = new Command('token').description('tokens with which machines join');
  token
    .command('create')
    .description('make a token and print its line, once')
    .addOption(
      new Option('--role <role>', 'what the host becomes: node (further masters are not available yet)').default(
        'node',
      ),
    )
    .option('--name <host>', 'only this host may use it, also to take its own name over (default: any free name)')
    .option('--ttl <duration>', 'how long it can be used, 30d at most', '1h')
    .option('--uses <number>', 'how many hosts may use it, 1000 at most', '1')
    .option('--note <text>', 'for people: what it is for')
    .option('--address <ip...>', 'addresses of the host that the CA cannot see (behind NAT, several networks)')
    .addOption(endpoint)
    .action(async (options: CreateOptions, self: Command) =>
      (await import('./create.ts')).create(contextOf(self), options),
    );
  token
    .command('list')
    .description('show the tokens of the last month, newest first')
    .addOption(endpoint)
    .action(async (options: ConnectOptions, self: Command) =>
      (await import('./list.ts')).list(contextOf(self), options),
    );
  token
    .command('revoke')
    .description('let nobody join with a token any more; hosts that did stay')
    .argument('<id>', 'id of the token: `ca token list`')
    .addOption(endpoint)
    .action(async (id: string, options: ConnectOptions, self: Command) =>
      (await import('./revoke.ts')).revoke(contextOf(self), id, options),
    );
  return token;
}
