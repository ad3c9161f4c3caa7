/** Runs a service as a process of its own: its logger, its clock and its connection to the bus. */

import { hostname } from 'node:os';
import type { ClusterConfig } from '@easycerts/cluster';
import { hostInUrl } from '@easycerts/cluster';
import type { Bus } from './bus/bus.ts';
import { connectBus } from './bus/connect-bus.ts';
import { nullPublisher } from './bus/event-publisher.ts';
import { runUntilStopped } from './cli.ts';
import { systemClock } from './clock.ts';
import type { CommandContext } from './command-context.ts';
import { nodeNameOf } from './host-facts.ts';
import { createLogger, logLevels } from './logger.ts';
import { watchForMove } from './moved-cluster.ts';
import type { RunningService, ServiceContext } from './service.ts';
import { createSystemdNotifier } from './systemd-notify.ts';

export interface DaemonOptions {
  /** Name in logs and as source of events: `certmgr`. */
  readonly service: string;
  readonly config: ClusterConfig;
  /** Certificate set that it shows the bus; default: the host's identity. */
  readonly identityDirectory?: string;
  /** For the CA, whose own answers let everyone else onto the bus: see ConnectBusOptions. */
  readonly busUserSeed?: string;
  /** How often it is looked whether the cluster has moved. */
  readonly lookEveryMs?: number;
}

export interface DaemonContext extends ServiceContext {
  /** Absent without easyCerts. Connects in the background: the bus may come up after the service. */
  readonly bus?: Bus;
}

/** The name of this host in the cluster. */
export function hostNameOf(config: ClusterConfig): string {
  return config.kubelet.hostname ?? nodeNameOf(hostname());
}

/** Address of the bus for this host: its own server where there is one. */
export function busServers(config: ClusterConfig): readonly string[] {
  const host = config.apiserver.enable ? '127.0.0.1' : hostInUrl(config.masterAddress);
  return [`tls://${host}:${config.bus.port}`];
}

/** What a further service in the same process is given: the same connection, and its own name in logs and events. */
export function contextOfService(context: DaemonContext, service: string): DaemonContext {
  const level = logLevels.find((known) => known === context.logger.level);
  return {
    ...context,
    logger: createLogger({ service, ...(level === undefined ? {} : { level }) }),
    events: context.bus?.eventsOf(service) ?? nullPublisher,
  };
}

/**
 * Starts the service, waits for SIGTERM or SIGINT, or until the cluster has moved (then whoever runs the daemon, systemd or joiner,
 * starts it again, and it connects and listens where the cluster is now), closes the service and then its connection to the bus. systemd is told when
 * it has started, and that it lives.
 */
export async function runDaemon(
  command: CommandContext,
  options: DaemonOptions,
  start: (context: DaemonContext) => Promise<RunningService>,
): Promise<void> {
  const logger = createLogger({ service: options.service, level: command.logLevel });
  const notifier = createSystemdNotifier({ logger });
  const bus = options.config.easyCerts ? await connect(command, options, logger) : undefined;
  const { config, lookEveryMs } = options;
  const move = watchForMove({
    configFile: command.configFile,
    config,
    ...(lookEveryMs === undefined ? {} : { everyMs: lookEveryMs }),
  });
  try {
    const service = await start({
      clock: systemClock,
      logger,
      random: Math.random,
      events: bus?.events ?? nullPublisher,
      ...(bus === undefined ? {} : { bus }),
    });
    notifier.ready();
    await runUntilStopped(service, AbortSignal.any([command.signal, move.signal]));
    if (move.signal.aborted)
      logger.info('addresses or ports of the cluster have changed: end, to be started again with them');
  } finally {
    move.close();
    notifier.close();
    await bus?.events.flush(1_000);
    await bus?.close();
  }
}

function connect(
  { paths }: CommandContext,
  { service, config, identityDirectory, busUserSeed }: DaemonOptions,
  logger: ServiceContext['logger'],
): Promise<Bus> {
  return connectBus({
    servers: busServers(config),
    identityDirectory: identityDirectory ?? paths.hostIdentity,
    ...(busUserSeed === undefined ? {} : { userSeed: busUserSeed }),
    origin: { host: hostNameOf(config), service },
    clock: systemClock,
    logger: logger.child({ part: 'bus' }),
  });
}
