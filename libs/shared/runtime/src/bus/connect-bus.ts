/** The bus with one host identity: masters with JetStream in account CORE, nodes with what CORE exports to them. */

import type { CloudEvent, EventOrigin } from '@easycerts/contracts';
import type { Clock } from '@easycerts/core';
import { AppError } from '@easycerts/core';
import type { Logger } from '../logger.ts';
import type { Bus } from './bus.ts';
import { readBusIdentity } from './bus-identity.ts';
import { openDurableStream } from './durable-stream.ts';
import { ensureStreams } from './ensure-streams.ts';
import { eventConsumersOf } from './event-consumers.ts';
import { parseEvent } from './event-envelope.ts';
import type { QueueingPublisher } from './event-publisher.ts';
import { createEventPublisher } from './event-publisher.ts';
import { openBucket } from './key-value-bucket.ts';
import { openNatsLink } from './nats-link.ts';
import { nkeyAuthenticator } from './nkey-authenticator.ts';
import { openNodeBucket } from './node-bucket.ts';
import type { BusIdentity } from './permissions.ts';
import { inboxPrefixOf } from './permissions.ts';
import { readEvents } from './read-events.ts';
import { readLastEvents } from './read-last-events.ts';
import { sendEvent, sendTogether } from './send-events.ts';
import { auditStreamConfig, eventsStreamConfig, recordStreamConfig } from './stream-config.ts';
import { subscribeLive } from './subscribe-live.ts';

export interface ConnectBusOptions {
  /** `host:port` or `tls://host:port`. */
  readonly servers: readonly string[];
  /** Certificate set of the host's identity; read at each connection. It may appear later. */
  readonly identityDirectory: string;
  /**
   * Seed of a user in account CORE that nats-server knows by itself: for the CA, which must not wait for its own callout. The
   * certificate is shown, but does not decide.
   */
  readonly userSeed?: string;
  readonly origin: EventOrigin;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 ≤ x < 1, for jitter; default Math.random. */
  readonly random?: () => number;
}

/** What is still unsent when the bus is closed gets this long. */
const closingFlushMs = 1_000;

/** Resolves at once; the connection is made, and kept up for ever, in the background. */
export async function connectBus(options: ConnectBusOptions): Promise<Bus> {
  const { origin, clock, logger } = options;
  const closing = new AbortController();
  const authenticator = options.userSeed === undefined ? {} : { authenticator: nkeyAuthenticator(options.userSeed) };
  let identity: BusIdentity | undefined;
  const identityNow = async (): Promise<BusIdentity> =>
    options.userSeed === undefined
      ? await readBusIdentity(options.identityDirectory)
      : { kind: 'master', id: origin.host };
  const link = openNatsLink({
    servers: options.servers,
    identityDirectory: options.identityDirectory,
    name: `${origin.service}@${origin.host}`,
    logger,
    random: options.random ?? Math.random,
    prepare: async () => {
      identity = await identityNow();
      return { ...authenticator, inboxPrefix: inboxPrefixOf(identity) };
    },
  });
  const makeStreams = ensureStreams(link, [eventsStreamConfig, auditStreamConfig]);
  const streamsReady = async (): Promise<void> => {
    if (identity?.kind === 'master') await makeStreams();
  };
  const publishers = new Map<string, QueueingPublisher>();
  const eventsOf = (service: string): QueueingPublisher => {
    const known = publishers.get(service);
    if (known !== undefined) return known;
    const publisher = createEventPublisher({
      origin: { ...origin, service },
      clock,
      logger,
      send: async (event) => {
        await streamsReady();
        await sendEvent(link, event);
      },
      sendTogether: async (events) => {
        await streamsReady();
        await sendTogether(link, events);
      },
    });
    if (link.isUp()) publisher.wake();
    publishers.set(service, publisher);
    return publisher;
  };
  link.onUp(() => {
    // Nodes publish into streams that masters make.
    streamsReady().catch((err: unknown) => logger.error({ err }, 'the streams for events cannot be made'));
    for (const publisher of publishers.values()) publisher.wake();
  });
  const asMaster = (doing: string): void => {
    if (identity === undefined || identity.kind === 'master') return;
    throw new AppError('PERMISSION_DENIED', `${doing}: ${identity.id} is not a master`, {
      details: { cure: 'run this on a master' },
    });
  };

  const consumers = eventConsumersOf(link, async () => {
    asMaster('change a consumer');
    await makeStreams();
  });

  return {
    events: eventsOf(origin.service),
    eventsOf,
    consumers,
    isConnected: () => link.isUp(),
    whenConnected: (timeoutMs) => link.whenUp(timeoutMs),
    onConnected: (handler) => link.onUp(handler),
    onEvent: (subjects, handler) => subscribeLive(link, subjects, deliverTo(handler, logger)),
    readEvents: (filter, signal) => {
      asMaster('read events');
      const ending = AbortSignal.any([closing.signal, ...(signal === undefined ? [] : [signal])]);
      return readEvents({ link, filter, signal: ending, logger, prepare: makeStreams });
    },
    lastEvents: async (subjects) => {
      asMaster('read events');
      await makeStreams();
      return readLastEvents(link, subjects, logger);
    },
    stream: async (name, subjects) => {
      asMaster(`open stream ${name}`);
      return openDurableStream(link, recordStreamConfig(name, subjects));
    },
    bucket: async (name, bucketOptions = {}) => {
      const who = identity ?? (await identityNow().catch(() => undefined));
      if (who?.kind === 'node') return openNodeBucket({ link, name, id: who.id });
      return openBucket({ link, name, options: bucketOptions, logger, closed: closing.signal });
    },
    close: async () => {
      const all = [...publishers.values()];
      if (link.isUp()) await Promise.all(all.map((publisher) => publisher.flush(closingFlushMs)));
      for (const publisher of all) publisher.close();
      closing.abort();
      await link.close();
    },
  };
}

function deliverTo(handler: (event: CloudEvent) => void, logger: Logger): Parameters<typeof subscribeLive>[2] {
  return ({ subject, data }) => {
    const parsed = parseEvent(subject, data);
    if (parsed.kind === 'refused') {
      logger.warn({ subject, ...parsed.finding }, 'skip what is no proper event');
      return;
    }
    try {
      handler(parsed.event);
    } catch (err) {
      logger.error({ err, type: parsed.event.type }, 'the handler of an event failed');
    }
  };
}
