/** `easycerts down`: stops a cluster, wherever it was started from. Its data stay. */

import { contextOf } from '@easycerts/runtime';
import { Command } from 'commander';
import { type DataOption, dataDirectoryOf, dataOption } from './data-option.ts';

/** Loads what it needs only when it runs. */
export function command(): Command {
  return new Command('down')
    .description('stop the cluster; `up` goes on from where it was')
    .addOption(dataOption())
    .action(async (flags: DataOption, self: Command) => {
      const { runDown } = await import('../edge/down.ts');
      const data = dataDirectoryOf(flags);
      const outcome = await runDown(data);
      const words = { stopped: `stopped the cluster in ${data.path}`, 'not-running': `nothing runs in ${data.path}` };
      process.stdout.write(contextOf(self).isJson ? `${JSON.stringify({ outcome })}\n` : `${words[outcome]}\n`);
    });
}
