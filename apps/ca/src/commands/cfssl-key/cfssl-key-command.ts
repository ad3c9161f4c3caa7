/** The command `ca cfssl-key` and its subcommands. */

import { contextOf } from '@easycerts/runtime';
import { Command, type Option } from 'commander';
import type { ConnectOptions } from '../connect.ts';
import type { CreateOptions } from './create.ts';
import type { KeyOptions } from './key-options.ts';
import type { RotateOptions } from './rotate.ts';

/** `ca cfssl-key …`; `endpoint` is the option that says which CA to ask. */
export function cfsslKeyCommand(endpoint: Option): Command {
  const key = new Command('cfssl-key').description('keys of hosts for the API of cfssl (docs/cfssl.md)');
  const ofOneKey = (command: Command): Command =>
    command
      .requiredOption('--host <name>', 'the host: with its key it gets what the certificate list yields for it')
      .option('--profile <name>', 'the profile of pki.cfssl.profiles', 'default')
      .addOption(endpoint);
  ofOneKey(key.command('create'))
    .description('make the key of a host and print it, once')
    .option('--register', 'let a host in that has none of our services: as a node, with these addresses')
    .option('--address <ip...>', 'with --register: addresses that may stand in its certificates')
    .action(async (options: CreateOptions, self: Command) =>
      (await import('./create.ts')).create(contextOf(self), options),
    );
  ofOneKey(key.command('rotate'))
    .description('replace the key of a host and print the new one, once')
    .option('--overlap <duration>', 'how long the key before is accepted too, 30d at most; 0s: not at all', '24h')
    .action(async (options: RotateOptions, self: Command) =>
      (await import('./rotate.ts')).rotate(contextOf(self), options),
    );
  key
    .command('list')
    .description('show who has keys; none shows itself')
    .addOption(endpoint)
    .action(async (options: ConnectOptions, self: Command) =>
      (await import('./list.ts')).list(contextOf(self), options),
    );
  ofOneKey(key.command('revoke'))
    .description('accept the key of a host no more; its certificates stay')
    .action(async (options: KeyOptions, self: Command) =>
      (await import('./revoke.ts')).revoke(contextOf(self), options),
    );
  return key;
}
