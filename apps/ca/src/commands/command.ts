/** The command `ca` and its subcommands. */

import { authorityNames } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { contextOf } from '@easycerts/runtime';
import { Command, Option } from 'commander';
import { automationCommand } from './automation/automation-command.ts';
import { cfsslKeyCommand } from './cfssl-key/cfssl-key-command.ts';
import { hostCommand } from './host/host-command.ts';
import type { ListOptions } from './list.ts';
import type { ShowOptions } from './show.ts';
import { tokenCommand } from './token/token-command.ts';

/** `easycerts ca …` */
export function command(): Command {
  const endpoint = new Option('--endpoint <host:port>', 'the CA to ask (default: from cluster.yaml)');
  const ca = new Command('ca').description('the certificate authority');
  ca.command('init')
    .description('make the CAs, keys and first certificates of a cluster (offline, once)')
    .action(async (_, self: Command) => (await import('./init.ts')).init(contextOf(self)));
  ca.command('run')
    .description('sign, as a daemon')
    .action(async (_, self: Command) => (await import('./run.ts')).run(contextOf(self)));
  ca.command('list')
    .description('show what was issued, newest first')
    .option('--host <name>', 'only certificates of this host')
    .option('--name <name>', 'only certificates of this name in the certificate list')
    .addOption(new Option('--authority <name>', 'only certificates of this authority').choices(authorityNames))
    .option('--valid', 'leave out what has expired')
    .option('--limit <number>', 'at most this many', limitOf)
    .addOption(endpoint)
    .action(async (options: ListOptions, self: Command) => (await import('./list.ts')).list(contextOf(self), options));
  ca.command('show')
    .description('show one issued certificate')
    .argument('<serial>', 'serial number, hexadecimal')
    .option('--pem', 'print the certificate itself')
    .addOption(endpoint)
    .action(async (serial: string, options: ShowOptions, self: Command) =>
      (await import('./show.ts')).show(contextOf(self), serial, options),
    );
  ca.command('import-config')
    .description('turn a configuration of cfssl into profiles for cluster.yaml, and say what is refused and why')
    .argument('<file>', 'what `cfssl serve -config` reads; - for standard input')
    .action(async (file: string, _, self: Command) =>
      (await import('./import-config.ts')).importCfsslConfig(contextOf(self), file),
    );
  ca.addCommand(tokenCommand(endpoint));
  ca.addCommand(cfsslKeyCommand(endpoint));
  ca.addCommand(hostCommand(endpoint));
  ca.addCommand(automationCommand(endpoint));
  return ca;
}

function limitOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new AppError('INVALID_INPUT', `--limit ${text}: not a number from 1 on`, {
    details: { cure: 'write it as --limit 20' },
  });
}
