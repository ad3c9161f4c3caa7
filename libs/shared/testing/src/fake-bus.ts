/** A bus in memory that behaves like the real one: streams, buckets with compare-and-swap, events told to subscribers. */

import type { CloudEvent, EventOrigin } from '@easycerts/contracts';
import { busSubjectOf, cloudEventOf, typePrefix } from '@easycerts/contracts';
import type { Clock } from '@easycerts/core';
import { AppError } from '@easycerts/core';
import type { Bus, EventFilter, EventPublisher } from '@easycerts/runtime';
import { deduplicationKey, subjectMatches } from '@easycerts/runtime';
import { fixedClock } from './clocks.ts';
import { createFakeBucket } from './fake-bucket.ts';
import { createFakeStream } from './fake-stream.ts';

export interface FakeBus extends Bus {
  /** Every event published so far, repetitions left out. */
  readonly published: readonly CloudEvent[];
  /** Takes the bus away or brings it back: while it is away everything is AppError UNAVAILABLE and events wait. */
  setConnected(isConnected: boolean): void;
  /** The durable consumers that there are, and their subjects. */
  readonly consumerSubjects: ReadonlyMap<string, readonly string[]>;
  /** Publishes an event of another host. */
  inject(event: CloudEvent): void;
}

export interface FakeBusOptions {
  readonly origin?: EventOrigin;
  readonly clock?: Clock;
  /** Default true. */
  readonly isConnected?: boolean;
}

interface Outgoing {
  readonly subject: string;
  readonly event: CloudEvent;
}

interface Stored extends Outgoing {
  readonly sequence: number;
  readonly storedAt: Date;
}

export function createFakeBus(options: FakeBusOptions = {}): FakeBus {
  const { origin = { host: 'm1', service: 'test' }, clock = fixedClock() } = options;
  const log: Stored[] = [];
  const waiting: Outgoing[] = [];
  const known = new Set<string>();
  const listeners = new Set<(stored: Stored) => void>();
  const upCallbacks = new Set<() => void>();
  const streams = new Map<string, ReturnType<typeof createFakeStream>>();
  const buckets = new Map<string, ReturnType<typeof createFakeBucket>>();
  const consumerSubjects = new Map<string, readonly string[]>();
  let isConnected = options.isConnected ?? true;

  const assertConnected = (doing: string): void => {
    if (!isConnected) throw new AppError('UNAVAILABLE', `${doing}: not connected to the bus`);
  };
  const store = (outgoing: Outgoing): void => {
    const key = deduplicationKey(outgoing.subject, outgoing.event);
    if (known.has(key)) return;
    known.add(key);
    const stored = { ...outgoing, sequence: log.length + 1, storedAt: clock.now() };
    log.push(stored);
    for (const listener of listeners) listener(stored);
  };
  const listen = (subjects: readonly string[], take: (event: CloudEvent) => void): (() => void) => {
    const listener = ({ subject, event }: Stored): void => {
      if (subjects.some((pattern) => subjectMatches(pattern, subject))) take(event);
    };
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  const eventsOf = (service: string): EventPublisher => ({
    publish: (fact, time) => {
      const event = cloudEventOf(fact, { ...origin, service }, time ?? clock.now()) as CloudEvent;
      const stored = { subject: busSubjectOf(fact.type, origin.host), event };
      if (isConnected) store(stored);
      else waiting.push(stored);
    },
    flush: () => Promise.resolve(),
  });

  return {
    get published() {
      return log.map(({ event }) => event);
    },
    setConnected: (value) => {
      isConnected = value;
      if (!value) return;
      for (const stored of waiting.splice(0)) store(stored);
      for (const callback of upCallbacks) callback();
    },
    inject: (event) => {
      const host = /^\/hosts\/([^/]+)\//.exec(event.source)?.[1] ?? '';
      store({
        subject: busSubjectOf(event.type.slice(typePrefix.length) as Parameters<typeof busSubjectOf>[0], host),
        event,
      });
    },
    events: eventsOf(origin.service),
    eventsOf,
    isConnected: () => isConnected,
    whenConnected: async (timeoutMs) => {
      if (isConnected) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => reject(new AppError('UNAVAILABLE', 'wait: not connected to the bus')), timeoutMs);
      upCallbacks.add(resolve);
      await promise.finally(() => {
        clearTimeout(timer);
        upCallbacks.delete(resolve);
      });
    },
    onConnected: (handler) => {
      upCallbacks.add(handler);
      if (isConnected) handler();
      return () => upCallbacks.delete(handler);
    },
    onEvent: listen,
    readEvents: (filter, signal) => readFrom({ log, listen, filter, signal, assertConnected }),
    lastEvents: async (subjects) => {
      assertConnected('read events');
      const wanted = log.filter(({ subject }) => subjects.some((pattern) => subjectMatches(pattern, subject)));
      return wanted
        .filter(({ subject }, index) => !wanted.slice(index + 1).some((later) => later.subject === subject))
        .map(({ event, sequence, storedAt }) => ({ event, sequence, storedAt }));
    },
    stream: async (name, subjects) => {
      const stream = streams.get(name) ?? createFakeStream({ name, subjects, clock, assertConnected });
      streams.set(name, stream);
      return stream;
    },
    consumerSubjects,
    consumers: {
      ensure: async (name, subjects) => {
        assertConnected(`make consumer ${name}`);
        consumerSubjects.set(name, [...subjects]);
      },
      remove: async (name) => {
        assertConnected(`remove consumer ${name}`);
        consumerSubjects.delete(name);
      },
    },
    bucket: async (name, bucketOptions = {}) => {
      const bucket = buckets.get(name) ?? createFakeBucket({ name, clock, assertConnected, ...bucketOptions });
      buckets.set(name, bucket);
      return bucket;
    },
    close: async () => {
      isConnected = false;
      listeners.clear();
    },
  };
}

interface Reading {
  readonly log: readonly Stored[];
  readonly listen: (subjects: readonly string[], take: (event: CloudEvent) => void) => () => void;
  readonly filter: EventFilter;
  readonly signal: AbortSignal | undefined;
  readonly assertConnected: (doing: string) => void;
}

async function* readFrom({ log, listen, filter, signal, assertConnected }: Reading): AsyncGenerator<CloudEvent, void> {
  assertConnected('read events');
  const { subjects = ['>'], from = 'new' } = filter;
  const coming: CloudEvent[] = [];
  let wake = (): void => undefined;
  const forget = listen(subjects, (event) => {
    coming.push(event);
    wake();
  });
  signal?.addEventListener('abort', () => wake(), { once: true });
  try {
    for (const { subject, event } of from === 'new' ? [] : [...log]) {
      const isLate = from === 'all' || from === 'new' || new Date(event.time) >= from;
      if (isLate && subjects.some((pattern) => subjectMatches(pattern, subject))) yield event;
    }
    while (filter.follow !== false && signal?.aborted !== true) {
      const next = coming.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
  } finally {
    forget();
  }
}
