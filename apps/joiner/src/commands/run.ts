/** `joiner run`: the daemon as a process. */

import { awaitAcceptedConfig, type CommandContext, runDaemon } from '@easycerts/runtime';
import { startHostJoiner } from '../host-service.ts';

/** Runs until SIGTERM. The components go on afterwards, unless told otherwise. */
export async function runJoiner(command: CommandContext, stopComponentsOnExit: boolean): Promise<void> {
  const { paths } = command;
  const problems: unknown[] = [];
  const config = await awaitAcceptedConfig(command, { service: 'joiner', onProblem: (err) => problems.push(err) });
  if (config === undefined) return;
  await runDaemon(command, { service: 'joiner', config }, (context) => {
    for (const err of problems) context.logger.warn({ err }, 'configuration has problems; go on with the accepted one');
    return startHostJoiner(context, { config, paths }, { stopComponentsOnExit });
  });
}
