/**
 * certmgr of the host it runs on, as `certmgr run` and the agent start it: where there is no configuration yet, it enrols as soon
 * as there is a token.
 */

import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { ClusterConfig } from '@easycerts/cluster';
import {
  awaitAcceptedConfig,
  type CommandContext,
  connectCertificateAuthority,
  createDeferredPublisher,
  createLogger,
  type DeferredPublisher,
  hostNameOf,
  loadUsers,
  nodeNameOf,
  type ServiceContext,
  systemClock,
} from '@easycerts/runtime';
import { caEndpoint } from './config.ts';
import { makeWaitingEnroller } from './edge/make-enroller.ts';
import { ensureState } from './edge/state-file.ts';
import { type RunningCertmgr, startCertmgr } from './start-certmgr.ts';

type HostCommand = Pick<CommandContext, 'paths' | 'configFile' | 'signal' | 'logLevel'>;

/** A configuration, with what came to pass before there was one. */
export interface EnrolledConfig {
  readonly config: ClusterConfig;
  /** Facts that wait for the bus. */
  readonly events: DeferredPublisher;
  /** What is wrong with the configuration, where one that was accepted before is used instead. */
  readonly problems: readonly unknown[];
}

/**
 * The configuration of this host; while there is none, a token is looked for, and with it the configuration comes. Undefined
 * when the process is stopped meanwhile.
 */
export async function awaitEnrolledConfig(command: HostCommand): Promise<EnrolledConfig | undefined> {
  const { paths, signal, logLevel } = command;
  const events = createDeferredPublisher(systemClock);
  const problems: unknown[] = [];
  let enroller: ReturnType<typeof makeWaitingEnroller> | undefined;
  const meanwhile = async (): Promise<boolean> => {
    await ensureState(paths);
    const logger = createLogger({ service, level: logLevel });
    const context = { clock: systemClock, logger, random: Math.random, events };
    enroller ??= makeWaitingEnroller(context, { host: nodeNameOf(hostname()), paths, users: loadUsers(), signal });
    return (await enroller.look()) !== undefined;
  };
  const onProblem = (error: unknown): void => void problems.push(error);
  const watch = [dirname(paths.joinToken)];
  const config = await awaitAcceptedConfig(command, { service, onProblem, meanwhile, watch });
  return config === undefined ? undefined : { config, events, problems };
}

const service = 'certmgr';

/** Starts the daemon for this host, and tells what had to wait for it. */
export async function startHostCertmgr(
  context: ServiceContext,
  { paths }: Pick<HostCommand, 'paths'>,
  { config, events, problems }: EnrolledConfig,
): Promise<RunningCertmgr> {
  events.attach(context.events);
  for (const err of problems) context.logger.warn({ err }, 'go on with the configuration accepted last');
  const endpoint = caEndpoint(config);
  const connect = () => connectCertificateAuthority({ endpoint, identityDirectory: paths.hostIdentity });
  return startCertmgr(context, { host: hostNameOf(config), paths, users: loadUsers(), connect });
}
