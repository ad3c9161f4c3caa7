/** `joiner run`: the daemon as a process. */

import {
  awaitAcceptedConfig,
  type CommandContext,
  findServiceManager,
  hostNameOf,
  loadUsers,
  runDaemon,
} from '@easycerts/runtime';
import { chooseServiceManager } from '../edge/choose-service-manager.ts';
import { startJoiner } from '../start-joiner.ts';

/** Runs until SIGTERM. The components go on afterwards, unless told otherwise. */
export async function runJoiner(command: CommandContext, stopComponentsOnExit: boolean): Promise<void> {
  const { paths } = command;
  const problems: unknown[] = [];
  const config = await awaitAcceptedConfig(command, { service: 'joiner', onProblem: (err) => problems.push(err) });
  if (config === undefined) return;
  await runDaemon(command, { service: 'joiner', config }, async (context) => {
    for (const err of problems) context.logger.warn({ err }, 'configuration has problems; go on with the accepted one');
    const users = loadUsers();
    const manager = chooseServiceManager({ host: { serviceManager: await findServiceManager() }, paths, users });
    return startJoiner(context, { paths, host: hostNameOf(config), manager, users, stopComponentsOnExit });
  });
}
