/** `easycerts status`: what runs, component by component. */

import { contextOf } from '@easycerts/runtime';
import { Command } from 'commander';
import { type DataOption, dataDirectoryOf, dataOption } from './data-option.ts';

/** Loads what it needs only when it runs. Exit code 1 unless everything is ready. */
export function command(): Command {
  return new Command('status')
    .description('show what runs; exit code 0 only when all of it is ready')
    .addOption(dataOption())
    .action(async (flags: DataOption, self: Command) => {
      const { formatStatus, readStatus } = await import('../edge/status.ts');
      const status = await readStatus(dataDirectoryOf(flags));
      process.stdout.write(contextOf(self).isJson ? `${JSON.stringify(status)}\n` : formatStatus(status));
      process.exitCode = status.isReady ? 0 : 1;
    });
}
