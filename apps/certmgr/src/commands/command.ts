/** `easycerts certmgr`: the certificates of this host. */

import { Command } from 'commander';
import { checkCommand } from './check.ts';
import { enrolCommand } from './enrol.ts';
import { ensureCommand } from './ensure.ts';
import { runCommand } from './run.ts';
import { statusCommand } from './status.ts';

/** The command with everything below it. */
export function command(): Command {
  return new Command('certmgr')
    .description('keep the certificates of this host')
    .addCommand(checkCommand())
    .addCommand(enrolCommand())
    .addCommand(ensureCommand())
    .addCommand(runCommand())
    .addCommand(statusCommand());
}
