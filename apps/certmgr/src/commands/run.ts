/** `certmgr run`: the daemon as a process. */

import {
  connectCertificateAuthority,
  contextOf,
  hostNameOf,
  loadAcceptedConfig,
  loadUsers,
  runDaemon,
} from '@easycerts/runtime';
import { Command } from 'commander';
import { caEndpoint } from '../config.ts';
import { type RunningCertmgr, startCertmgr } from '../start-certmgr.ts';

export function runCommand(): Command {
  return new Command('run')
    .description('keep every certificate present, valid and as its spec says (SIGHUP: look now)')
    .action(async (_options, self: Command) => {
      const command = contextOf(self);
      const { paths } = command;
      const problems: unknown[] = [];
      const config = await loadAcceptedConfig(command.configFile, (error) => problems.push(error));
      await runDaemon(command, { service: 'certmgr', config }, async (context) => {
        for (const err of problems) context.logger.warn({ err }, 'go on with the configuration accepted last');
        const endpoint = caEndpoint(config);
        const connect = () => connectCertificateAuthority({ endpoint, identityDirectory: paths.hostIdentity });
        const options = { host: hostNameOf(config), paths, users: loadUsers(), connect };
        const service = await startCertmgr(context, options);
        lookOnHangup(service);
        return service;
      });
    });
}

/** For other commands SIGHUP is the terminal that goes away; a daemon has none. */
function lookOnHangup(service: RunningCertmgr): void {
  process.removeAllListeners('SIGHUP');
  process.on('SIGHUP', () => void service.lookNow());
}
