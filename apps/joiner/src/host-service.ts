/** joiner of the host it runs on, as `joiner run` and the agent start it. */

import type { ClusterConfig } from '@easycerts/cluster';
import {
  type CommandContext,
  findServiceManager,
  hostNameOf,
  loadUsers,
  type ServiceContext,
} from '@easycerts/runtime';
import { chooseServiceManager } from './edge/choose-service-manager.ts';
import { type JoinerOptions, type RunningJoiner, startJoiner } from './start-joiner.ts';

export type HostJoinerOptions = Pick<JoinerOptions, 'stopComponentsOnExit' | 'ownUnits'>;

/** Starts the daemon for this host. */
export async function startHostJoiner(
  context: ServiceContext,
  { config, paths }: Pick<CommandContext, 'paths'> & { readonly config: ClusterConfig },
  options: HostJoinerOptions,
): Promise<RunningJoiner> {
  const users = loadUsers();
  const manager = chooseServiceManager({ host: { serviceManager: await findServiceManager() }, paths, users });
  return startJoiner(context, { ...options, paths, host: hostNameOf(config), manager, users });
}
