/**
 * The agent of a node: certmgr, config-renderer and joiner in one process, with one connection to the bus (docs/adr/0021). What
 * they share are the files on disk, as they do in processes of their own; where one cannot go on all end, and systemd starts all
 * of them again.
 */

import { awaitEnrolledConfig, type RunningCertmgr, startHostCertmgr } from '@easycerts/certmgr';
import { agentReplaces } from '@easycerts/cluster';
import { startConfigRenderer } from '@easycerts/config-renderer';
import { startHostJoiner } from '@easycerts/joiner';
import { type CommandContext, contextOfService, loadUsers, lookOnHangup, runDaemon } from '@easycerts/runtime';
import { startTogether } from './start-together.ts';

/** Runs until SIGTERM. The components go on afterwards. */
export async function runAgent(command: CommandContext): Promise<void> {
  const { configFile, paths } = command;
  let certmgr: RunningCertmgr | undefined;
  lookOnHangup(() => certmgr?.lookNow());
  const enrolled = await awaitEnrolledConfig(command);
  if (enrolled === undefined) return;
  const { config } = enrolled;
  await runDaemon(command, { service: 'agent', config }, (context) =>
    startTogether([
      async () => {
        certmgr = await startHostCertmgr(contextOfService(context, 'certmgr'), command, enrolled);
        return certmgr;
      },
      () =>
        startConfigRenderer(contextOfService(context, 'config-renderer'), { paths, configFile, users: loadUsers() }),
      () => startHostJoiner(contextOfService(context, 'joiner'), { config, paths }, { ownUnits: agentReplaces }),
    ]),
  );
}
