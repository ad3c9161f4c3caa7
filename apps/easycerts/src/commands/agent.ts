/** `easycerts agent`: the services of a node, one process. */

import { contextOf } from '@easycerts/runtime';
import { Command } from 'commander';
import { runAgent } from '../edge/run-agent.ts';

export function command(): Command {
  return new Command('agent')
    .description(
      'certmgr, config-renderer and joiner in one process: what runs on a node (SIGHUP: look at certificates now)',
    )
    .action((_options, self: Command) => runAgent(contextOf(self)));
}
