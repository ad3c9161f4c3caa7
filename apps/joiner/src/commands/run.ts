/** `joiner run`: the daemon as a process. */

import { join } from 'node:path';
import {
  type CommandContext,
  createProcessServiceManager,
  hostNameOf,
  loadAcceptedConfig,
  loadUsers,
  runDaemon,
} from '@easycerts/runtime';
import { startJoiner } from '../start-joiner.ts';

/** Runs until SIGTERM. The components go on afterwards, unless told otherwise. */
export async function runJoiner(command: CommandContext, stopComponentsOnExit: boolean): Promise<void> {
  const { configFile, paths } = command;
  const problems: unknown[] = [];
  const config = await loadAcceptedConfig(configFile, (err) => problems.push(err));
  await runDaemon(command, { service: 'joiner', config }, async (context) => {
    for (const err of problems) context.logger.warn({ err }, 'configuration has problems; go on with the accepted one');
    const users = loadUsers();
    const manager = createProcessServiceManager({
      stateDirectory: join(paths.joinerState, 'units'),
      logDirectory: paths.logs,
      users,
    });
    return startJoiner(context, { paths, host: hostNameOf(config), manager, users, stopComponentsOnExit });
  });
}
