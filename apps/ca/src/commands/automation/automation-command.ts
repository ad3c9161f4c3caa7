/** The command `ca automation` and its subcommands. */

import { contextOf } from '@easycerts/runtime';
import { Command, type Option } from 'commander';
import type { ConnectOptions } from '../connect.ts';
import type { CreateOptions } from './create.ts';

/** `ca automation …`; `endpoint` is the option that says which CA to ask. */
export function automationCommand(endpoint: Option): Command {
  const automation = new Command('automation').description('programs that read events');
  automation
    .command('create')
    .description('make a key here, and let its program read events: see docs/automation.md')
    .requiredOption('--name <name>', 'name of the automation, one lowercase DNS label')
    .requiredOption('--read <type...>', 'types of events: host.joined, certificate.*, *')
    .requiredOption('--out <folder>', 'where key, certificate and connection.json are written')
    .option('--ttl <duration>', 'how long its certificate is valid, 3650d at most', '365d')
    .addOption(endpoint)
    .action(async (options: CreateOptions, self: Command) =>
      (await import('./create.ts')).create(contextOf(self), options),
    );
  automation
    .command('list')
    .description('show every automation')
    .addOption(endpoint)
    .action(async (options: ConnectOptions, self: Command) =>
      (await import('./list.ts')).list(contextOf(self), options),
    );
  automation
    .command('revoke')
    .description('end an automation: its certificate is revoked, its connections cut')
    .argument('<name>', 'name of the automation: `ca automation list`')
    .addOption(endpoint)
    .action(async (name: string, options: ConnectOptions, self: Command) =>
      (await import('./revoke.ts')).revoke(contextOf(self), name, options),
    );
  return automation;
}
