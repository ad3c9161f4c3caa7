/** `easycerts joiner`: joins this host to a cluster, and runs its components. */

import { contextOf } from '@easycerts/runtime';
import { Command } from 'commander';
import { askRestart } from '../edge/control-client.ts';
import { controlSocketOf } from '../start-joiner.ts';
import { doctorCommand } from './doctor.ts';
import { initCommand, joinCommand } from './join.ts';
import { leaveCommand } from './leave.ts';
import { nodeJoinCommand } from './node-join.ts';
import { phasesCommand } from './phases.ts';
import { preflightCommand } from './preflight.ts';
import { runJoiner } from './run.ts';
import { statusCommand } from './status.ts';

/** The command with everything below it. */
export function command(): Command {
  const joiner = new Command('joiner').description('join this host to a cluster, run and restart its components');
  const children = [joinCommand(), initCommand(), leaveCommand(), doctorCommand(), preflightCommand(), phasesCommand()];
  for (const child of children) joiner.addCommand(child);
  joiner.addCommand(nodeJoinCommand(), { hidden: true });
  joiner
    .command('run')
    .description('keep all components running: start, watch, reload, restart, roll back')
    .option('--stop-components-on-exit', 'stop all components when joiner ends (default: they go on)')
    .action((options: { readonly stopComponentsOnExit?: boolean }, self: Command) =>
      runJoiner(contextOf(self), options.stopComponentsOnExit ?? false),
    );
  joiner.addCommand(statusCommand());
  joiner
    .command('restart')
    .description('restart a component, and wait until it is healthy')
    .argument('<unit>', 'its unit, such as kube-apiserver')
    .action(async (unit: string, _options, self: Command) => {
      const { isJson, paths, signal } = contextOf(self);
      await askRestart(unit, { path: controlSocketOf(paths), signal });
      process.stdout.write(
        isJson ? `${JSON.stringify({ unit, isHealthy: true })}\n` : `${unit} was restarted and is healthy\n`,
      );
    });
  return joiner;
}
