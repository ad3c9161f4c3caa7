/** `easycerts certmgr`: the certificates of this host. */

import { AppError } from '@easycerts/core';
import { contextOf } from '@easycerts/runtime';
import { Command } from 'commander';
import { checkCommand } from './check.ts';
import { enrolCommand } from './enrol.ts';
import { ensureCommand } from './ensure.ts';
import { runCommand } from './run.ts';
import { cleanCommand } from './specs/clean.ts';
import { genconfigCommand } from './specs/genconfig.ts';
import { runSpecs } from './specs/spec-commands.ts';
import { addSpecOptions, certmgrConfigOf } from './specs/spec-options.ts';
import { statusCommand } from './status.ts';

/** The command with everything below it. Without a subcommand it is the daemon, as with cloudflare's certmgr, given its options. */
export function command(): Command {
  return addSpecOptions(new Command('certmgr'))
    .description('keep the certificates of this host')
    .option('--requireSpecs', 'with --dir or -f: fail when there are no specs')
    .usage('[options] [command]')
    .argument('[unknown]')
    .action(async (unknown: string | undefined, options: { readonly requireSpecs?: boolean }, self: Command) => {
      if (unknown !== undefined) throw unknownCommand(unknown, self);
      const config = certmgrConfigOf(self);
      if (config === undefined) return self.help({ error: true });
      await runSpecs(contextOf(self), { ...options, config, reload: () => certmgrConfigOf(self) ?? config });
    })
    .addCommand(checkCommand())
    .addCommand(cleanCommand())
    .addCommand(enrolCommand())
    .addCommand(ensureCommand())
    .addCommand(genconfigCommand())
    .addCommand(runCommand())
    .addCommand(statusCommand());
}

function unknownCommand(name: string, self: Command): AppError {
  return new AppError('INVALID_INPUT', `unknown command '${name}'`, {
    details: { cure: `choose from ${self.commands.map((one) => one.name()).join(', ')}` },
  });
}
