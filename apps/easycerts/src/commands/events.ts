/** `easycerts events`: everything that happens, as it happens or as it is stored. */

import { contextOf } from '@easycerts/runtime';
import { Command, Option } from 'commander';

interface EventsFlags {
  readonly follow?: boolean;
  readonly since?: string;
  readonly all?: true;
  readonly type?: readonly string[];
  readonly host?: string;
  readonly audit?: true;
}

/** Loads what it needs only when it runs. Ctrl-C ends it with exit code 0. */
export function command(): Command {
  return new Command('events')
    .description(
      'print events: on a terminal what comes, elsewhere everything stored; --json for one CloudEvent a line',
    )
    .option('-f, --follow', 'go on with what comes (default on a terminal)')
    .option('--no-follow', 'end after what is stored')
    .addOption(new Option('--since <duration>', 'begin this long ago: 90s, 1h30m, 7d').conflicts('all'))
    .option('--all', 'begin with the oldest (default with --no-follow)')
    .option('--type <types...>', 'only these: certificate.issued, certificate.*')
    .option('--host <name>', 'only what this host says, or what is said about it')
    .option('--audit', 'only what was refused')
    .action(async (flags: EventsFlags, self: Command) => {
      const context = contextOf(self);
      const { printEvents } = await import('../edge/print-events.ts');
      await printEvents(context, { ...flags, follow: flags.follow ?? process.stdout.isTTY === true }, process.stdout);
    });
}
