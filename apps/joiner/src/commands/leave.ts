/** `joiner leave`: this host is no longer a node. */

import { contextOf } from '@easycerts/runtime';
import { Command } from 'commander';
import { connectAsNode } from '../edge/host/ask-node.ts';
import { leaveActions } from '../edge/host/leave-actions.ts';
import { leavePhases } from '../phases/leave-phases.ts';
import { addPhasesHelp, runPhaseCommand, timeoutMsOf, timeoutOption } from './phase-command.ts';

interface LeaveOptions {
  readonly timeout: number | string;
  readonly force?: true;
  readonly keepData?: true;
}

/** Exit code 0 all the same: what was asked for is so. */
const nothingToLeave = `This host is part of no cluster: there is nothing to leave.
  do: to make it a node: \`joiner join < token\`, with a token of \`ca token create --role node\` on the master
`;

export function leaveCommand(): Command {
  const command = new Command('leave').description(
    'take this host out of its cluster, and what joining has put on it away',
  );
  return addPhasesHelp(command, leavePhases)
    .addOption(timeoutOption())
    .option('--force', 'do what can be done here, although the master is away; do not wait for pods')
    .option('--keep-data', 'leave the data of kubelet (volumes of pods) on this host')
    .action(async (options: LeaveOptions, self: Command) => {
      const context = contextOf(self);
      const { configFile, isJson, paths } = context;
      const kube = connectAsNode(paths);
      try {
        const hasActed = await runPhaseCommand(
          context,
          {
            name: 'joiner leave',
            phases: leavePhases,
            timeoutMs: timeoutMsOf(options.timeout),
            stream: process.stdout,
          },
          ({ units }) => ({
            isForced: options.force === true,
            actions: leaveActions({ paths, configFile, keepsData: options.keepData === true, units, kube }),
          }),
        );
        if (!isJson) process.stdout.write(hasActed ? 'This host is part of no cluster any more.\n' : nothingToLeave);
      } finally {
        kube.close();
      }
    });
}
