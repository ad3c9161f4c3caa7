/** `certmgr run`: the daemon as a process. On a host that has not joined yet it enrols first, as soon as there is a token. */

import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { ClusterConfig } from '@easycerts/cluster';
import {
  awaitAcceptedConfig,
  type CommandContext,
  connectCertificateAuthority,
  contextOf,
  createDeferredPublisher,
  createLogger,
  type DeferredPublisher,
  hostNameOf,
  loadUsers,
  nodeNameOf,
  runDaemon,
  systemClock,
} from '@easycerts/runtime';
import { Command } from 'commander';
import { caEndpoint } from '../config.ts';
import { makeWaitingEnroller } from '../edge/make-enroller.ts';
import { ensureState } from '../edge/state-file.ts';
import { type RunningCertmgr, startCertmgr } from '../start-certmgr.ts';
import { runSpecs } from './specs/spec-commands.ts';
import { addSpecOptions, certmgrConfigOf } from './specs/spec-options.ts';

export function runCommand(): Command {
  return addSpecOptions(new Command('run'))
    .description('keep every certificate present, valid and as its spec says (SIGHUP: look now)')
    .option('--requireSpecs', 'with --dir or -f: fail when there are no specs')
    .action(async (options: { readonly requireSpecs?: boolean }, self: Command) => {
      const command = contextOf(self);
      const specs = certmgrConfigOf(self);
      if (specs !== undefined) {
        return runSpecs(command, { ...options, config: specs, reload: () => certmgrConfigOf(self) ?? specs });
      }
      const { paths } = command;
      let service: RunningCertmgr | undefined;
      // For other commands SIGHUP is the terminal that goes away; a daemon has none.
      process.removeAllListeners('SIGHUP');
      process.on('SIGHUP', () => void service?.lookNow());
      const problems: unknown[] = [];
      const early = createDeferredPublisher(systemClock);
      const config = await configuration(command, early, (error) => problems.push(error));
      if (config === undefined) return;
      await runDaemon(command, { service: 'certmgr', config }, async (context) => {
        early.attach(context.events);
        for (const err of problems) context.logger.warn({ err }, 'go on with the configuration accepted last');
        const endpoint = caEndpoint(config);
        const connect = () => connectCertificateAuthority({ endpoint, identityDirectory: paths.hostIdentity });
        service = await startCertmgr(context, { host: hostNameOf(config), paths, users: loadUsers(), connect });
        return service;
      });
    });
}

/** The configuration; while there is none, a token is looked for, and with it the configuration comes. */
async function configuration(
  command: CommandContext,
  events: DeferredPublisher,
  onProblem: (error: unknown) => void,
): Promise<ClusterConfig | undefined> {
  const { paths, signal, logLevel } = command;
  let enroller: ReturnType<typeof makeWaitingEnroller> | undefined;
  const meanwhile = async (): Promise<boolean> => {
    await ensureState(paths);
    const logger = createLogger({ service: 'certmgr', level: logLevel });
    const context = { clock: systemClock, logger, random: Math.random, events };
    enroller ??= makeWaitingEnroller(context, { host: nodeNameOf(hostname()), paths, users: loadUsers(), signal });
    return (await enroller.look()) !== undefined;
  };
  return awaitAcceptedConfig(command, { service: 'certmgr', onProblem, meanwhile, watch: [dirname(paths.joinToken)] });
}
