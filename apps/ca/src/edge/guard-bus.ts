/** The CA at the door of the bus: answers who may connect, cuts who may not any more, and puts what nats-server refused on the audit trail. */

import type { Paths } from '@easycerts/cluster';
import type { Clock } from '@easycerts/core';
import {
  createRefusalReporter,
  type EventPublisher,
  type Logger,
  openConnectionRegister,
  type RunningService,
  readBusKeys,
  startAuthCallout,
  startBusAudit,
} from '@easycerts/runtime';
import { type BusGateSources, decideAtGate } from './bus-gate.ts';
import { type BusSessionsOptions, startBusSessions } from './bus-sessions.ts';

export interface BusGuard extends RunningService {
  /** Looks whether everybody who is connected may still be so; returns at once. */
  review(): void;
}

export interface GuardBusOptions extends BusGateSources {
  readonly isOutdated: BusSessionsOptions['isOutdated'];
  /** Where this host's own nats-server listens: `tls://127.0.0.1:4222`. */
  readonly servers: readonly string[];
  readonly paths: Paths;
  readonly events: EventPublisher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Seeds of the bus below the CA's directory. */
export function busKeysDirectory(paths: Paths): string {
  return `${paths.ca}/bus`;
}

/** Starts to guard; connects in the background. AppError NOT_FOUND or DAMAGED for the keys of the bus. */
export async function guardBus(options: GuardBusOptions): Promise<BusGuard> {
  const { servers, paths, events, clock, random } = options;
  const keys = await readBusKeys(busKeysDirectory(paths));
  const identityDirectory = paths.caIdentity;
  const logger = options.logger.child({ part: 'bus-gate' });
  const reporter = createRefusalReporter({ events, clock });
  const callout = startAuthCallout({
    servers,
    identityDirectory,
    authUserSeed: keys.authUser.seed,
    issuerSeed: keys.issuer.seed,
    decide: (certificate) => decideAtGate(certificate, options),
    onRefused: (refusal) => reporter.report(refusal),
    clock,
    logger,
    random,
  });
  const connections = openConnectionRegister({
    server: servers[0] ?? '',
    identityDirectory,
    systemUserSeed: keys.systemUser.seed,
    logger,
    random,
  });
  const audit = startBusAudit({
    logFile: paths.natsLog,
    stateFile: `${paths.ca}/bus-audit.json`,
    connections,
    reporter,
    clock,
    logger,
  });
  const sessions = startBusSessions({ connections, isOutdated: options.isOutdated, logger });
  return {
    review: () => sessions.review(),
    async close() {
      await sessions.close();
      await audit.close();
      await Promise.all([callout.close(), connections.close(), reporter.close()]);
    },
  };
}
