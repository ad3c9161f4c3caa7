/** `easycerts reset`: stops a cluster and removes everything of it, the data directory too. */

import { contextOf } from '@easycerts/runtime';
import { Command } from 'commander';
import { type DataOption, dataDirectoryOf, dataOption } from './data-option.ts';

/** Loads what it needs only when it runs. */
export function command(): Command {
  return new Command('reset')
    .description('stop the cluster and remove all its data')
    .addOption(dataOption())
    .action(async (flags: DataOption, self: Command) => {
      const { runReset } = await import('../edge/down.ts');
      const data = dataDirectoryOf(flags);
      const outcome = await runReset(data);
      const words = { removed: `removed ${data.path}`, absent: `there is no ${data.path}` };
      process.stdout.write(contextOf(self).isJson ? `${JSON.stringify({ outcome })}\n` : `${words[outcome]}\n`);
    });
}
