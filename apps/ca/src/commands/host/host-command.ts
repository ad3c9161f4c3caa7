/** The command `ca host` and its subcommands. */

import { contextOf } from '@easycerts/runtime';
import { Command, type Option } from 'commander';
import type { ConnectOptions } from '../connect.ts';
import type { RemoveOptions } from './remove.ts';

/** `ca host …`; `endpoint` is the option that says which CA to ask. */
export function hostCommand(endpoint: Option): Command {
  const host = new Command('host').description('the hosts of the cluster');
  host
    .command('list')
    .description('show every host')
    .addOption(endpoint)
    .action(async (options: ConnectOptions, self: Command) =>
      (await import('./list.ts')).list(contextOf(self), options),
    );
  host
    .command('remove')
    .description('take a node out of the cluster: its certificates are revoked, its connections cut')
    .argument('<name>', 'name of the host: `ca host list`')
    .option('--note <text>', 'why, for the record')
    .addOption(endpoint)
    .action(async (name: string, options: RemoveOptions, self: Command) =>
      (await import('./remove.ts')).remove(contextOf(self), name, options),
    );
  return host;
}
