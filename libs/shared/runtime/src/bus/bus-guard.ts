/** Everything that keeps watch over the bus on a master, together: who may connect, and what was refused. */

import type { Clock } from '@easycerts/core';
import type { Logger } from '../logger.ts';
import type { RunningService } from '../service.ts';
import type { AuthCallout, AuthCalloutOptions } from './auth-callout.ts';
import { startAuthCallout } from './auth-callout.ts';
import type { EventPublisher } from './bus.ts';
import { startBusAudit } from './bus-audit.ts';
import { openConnectionRegister } from './connection-register.ts';
import type { BusKeys } from './nkeys.ts';
import { createRefusalReporter } from './refusal-reporter.ts';

export interface BusGuardOptions {
  /** The server of this master: `host:port`. */
  readonly server: string;
  /** Any certificate set that nats-server verifies; read at each connection. */
  readonly identityDirectory: string;
  readonly keys: BusKeys;
  /** nats-server's log (`log_file` in nats.conf). */
  readonly logFile: string;
  /** Where the position in the log is kept. */
  readonly stateFile: string;
  readonly decide: AuthCalloutOptions['decide'];
  /** Where `bus.refused` is published. */
  readonly events: EventPublisher;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type BusGuard = RunningService & Pick<AuthCallout, 'isConnected' | 'whenConnected'>;

/** Starts the auth callout and the audit of nats-server's log; returns at once. AppError INVALID_INPUT when a key is none. */
export function startBusGuard(options: BusGuardOptions): BusGuard {
  const { server, identityDirectory, keys, clock, logger } = options;
  const reporter = createRefusalReporter({ events: options.events, clock });
  const callout = startAuthCallout({
    servers: [server],
    identityDirectory,
    authUserSeed: keys.authUser.seed,
    issuerSeed: keys.issuer.seed,
    decide: options.decide,
    onRefused: (refusal) => reporter.report(refusal),
    clock,
    logger,
  });
  const connections = openConnectionRegister({
    server,
    identityDirectory,
    systemUserSeed: keys.systemUser.seed,
    logger,
  });
  const { logFile, stateFile } = options;
  const audit = startBusAudit({ logFile, stateFile, connections, reporter, clock, logger });
  return {
    isConnected: callout.isConnected,
    whenConnected: callout.whenConnected,
    close: async () => {
      await callout.close();
      await audit.close();
      await connections.close();
      await reporter.close();
    },
  };
}
