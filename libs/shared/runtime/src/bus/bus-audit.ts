/** Turns what nats-server refused by itself (it only logs that) into refusals with the true user of the connection. */

import type { Clock } from '@easycerts/core';
import { isAppError } from '@easycerts/core';
import type { Logger } from '../logger.ts';
import type { RunningService } from '../service.ts';
import type { ConnectionRegister, KnownConnection } from './connection-register.ts';
import { createLogTail } from './log-tail.ts';
import type { LogObservation } from './nats-log-line.ts';
import { parseNatsLogLine } from './nats-log-line.ts';
import type { BusRefusal } from './refusal.ts';
import type { RefusalReporter } from './refusal-reporter.ts';

export interface BusAuditOptions {
  /** nats-server's log (`log_file` in nats.conf). */
  readonly logFile: string;
  /** Where the position in the log is kept. */
  readonly stateFile: string;
  /** Of the server that writes the log. */
  readonly connections: Pick<ConnectionRegister, 'find'>;
  readonly reporter: Pick<RefusalReporter, 'report'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often it looks; default 1 s. */
  readonly intervalMs?: number;
}

export interface BusAudit extends RunningService {
  /** Looks now; resolves when everything in the log has been reported. */
  look(): Promise<void>;
}

const defaultIntervalMs = 1_000;
/** Different refusals that are looked into at a time; beyond that they are only counted. */
const maxObservations = 500;

interface Counted {
  readonly observation: LogObservation;
  count: number;
}

/** Starts to follow the log; where the log does not exist yet, it begins when it does. */
export function startBusAudit(options: BusAuditOptions): BusAudit {
  const { logger } = options;
  const readLog = createLogTail({
    file: options.logFile,
    stateFile: options.stateFile,
    onLines: (lines) => reportLines(lines, options),
    logger,
  });
  let looking: Promise<void> = Promise.resolve();
  const look = (): Promise<void> => {
    looking = looking.then(readLog).catch((err: unknown) => {
      if (isAppError(err, 'UNAVAILABLE')) logger.debug({ err }, 'wait with the log of nats-server until it answers');
      else logger.warn({ err, path: options.logFile }, 'the log of nats-server cannot be read');
    });
    return looking;
  };
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  }, options.intervalMs ?? defaultIntervalMs);
  timer.unref();
  return {
    look,
    close: async () => {
      clearInterval(timer);
      await look();
    },
  };
}

async function reportLines(lines: readonly string[], { connections, reporter, clock }: BusAuditOptions): Promise<void> {
  const counted = new Map<string, Counted>();
  let uncounted = 0;
  for (const line of lines) {
    const observation = parseNatsLogLine(line);
    if (observation === undefined) continue;
    // With the address: a forged line must not stand for a true one.
    const { connection, address, port, kind, subject } = observation;
    const key = JSON.stringify([connection, address, port, kind, subject]);
    const known = counted.get(key);
    if (known !== undefined) known.count += 1;
    else if (counted.size < maxObservations) counted.set(key, { observation, count: 1 });
    else uncounted += 1;
  }
  // All are asked about before any is reported: when there is no answer, the same lines are read again later.
  const found = new Map<number, KnownConnection | undefined | 'no answer'>();
  for (const { observation } of counted.values()) {
    if (!found.has(observation.connection))
      found.set(observation.connection, await find(observation.connection, connections));
  }
  for (const { observation, count } of counted.values()) {
    const happened = new Date(Math.min(observation.time.getTime(), clock.now().getTime()));
    reporter.report(refusalOf(observation, found.get(observation.connection)), count, happened);
  }
  if (uncounted > 0) {
    const detail = 'too many different refusals to look into each';
    reporter.report({ kind: 'connection', user: '', subject: '', detail, peer: '' }, uncounted);
  }
}

async function find(
  connection: number,
  connections: BusAuditOptions['connections'],
): Promise<KnownConnection | undefined | 'no answer'> {
  return connections.find(connection).catch((error: unknown) => {
    if (isAppError(error, 'UNAVAILABLE')) throw error;
    return 'no answer' as const;
  });
}

function refusalOf(observation: LogObservation, found: KnownConnection | undefined | 'no answer'): BusRefusal {
  const { kind, subject, detail, address: peer, port } = observation;
  if (found === 'no answer')
    return { kind, user: '', subject, detail: `${detail}; nats-server did not say who it was`, peer };
  if (found?.address !== peer || found.port !== port) {
    return {
      kind,
      user: '',
      subject,
      detail: `${detail}; no such connection: nats-server was restarted, or this line of its log is forged`,
      peer,
    };
  }
  // Whoever was not let in has shown no name that counts.
  const user = kind === 'connection' ? '' : certificateSubjectOf(found.user);
  return { kind, user, subject, detail, peer };
}

/** `nodes/n1` as the subject of the certificate behind it, as the callout reports it. */
function certificateSubjectOf(user: string): string {
  const [, group, name] = /^(masters|nodes|automation)\/(.+)$/.exec(user) ?? [];
  return group === undefined ? user : `O=easycerts:${group}, CN=${name}`;
}
