/**
 * Tells the bus about phases. Before a host has its identity nobody listens to it, so what happened until then is kept, with its
 * time, and told as soon as the bus can be reached. A hint: nothing waits for it longer than a moment in the end.
 */

import { randomUUID } from 'node:crypto';
import type { Paths } from '@easycerts/cluster';
import {
  type Bus,
  busServers,
  connectBus,
  createDeferredPublisher,
  createLogger,
  loadClusterConfig,
  systemClock,
} from '@easycerts/runtime';
import type { PhaseReport } from '../../core/phase-report.ts';
import { phaseTold } from '../../events.ts';
import { readIdentity } from './read-identity.ts';

export interface PhaseEvents {
  tell(report: PhaseReport): void;
  /** Sends what is unsent, for as long as `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

export interface PhaseEventsOptions {
  readonly paths: Paths;
  readonly configFile: string;
  /** Of the machine; its identity says the same once it has one. */
  readonly host: string;
}

export function openPhaseEvents({ configFile, host, paths }: PhaseEventsOptions): PhaseEvents {
  const publisher = createDeferredPublisher(systemClock);
  const run = randomUUID();
  let bus: Promise<Bus | undefined> | undefined;
  const attach = async (): Promise<Bus | undefined> => {
    const identity = await readIdentity(paths);
    if (identity === undefined) return undefined;
    const config = await loadClusterConfig(configFile, { mustResolve: false });
    const opened = await connectBus({
      servers: busServers(config),
      identityDirectory: paths.hostIdentity,
      origin: { host: identity.host, service: 'joiner' },
      clock: systemClock,
      logger: createLogger({ service: 'joiner', level: 'silent' }),
    });
    publisher.attach(opened.events);
    return opened;
  };
  return {
    tell(report) {
      phaseTold({ events: publisher, host }, { ...report, run });
      if (report.state === 'waiting') return;
      bus = Promise.resolve(bus)
        .then((opened) => opened ?? attach())
        .catch(() => undefined);
    },
    async close(timeoutMs) {
      const opened = await bus;
      if (opened === undefined) return;
      await publisher.flush(timeoutMs);
      await opened.close();
    },
  };
}
