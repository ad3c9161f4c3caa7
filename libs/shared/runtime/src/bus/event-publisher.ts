/**
 * Publishes facts as events without ever waiting or throwing: a bounded queue, emptied in order whenever there is a bus.
 *
 *   publish ──▶ queue (oldest dropped when full) ──▶ in flight, those of one subject together ──PubAck──▶ done
 *                 ▲                                      │ refused together: one by one
 *                 │                                      │ no answer: back to the front, after a pause
 *                 └──────────────────────────────────────┘ not permitted, too large: dropped with an error
 */

import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CloudEvent, EventOrigin } from '@easycerts/contracts';
import { busSubjectOf, cloudEventOf } from '@easycerts/contracts';
import type { Clock } from '@easycerts/core';
import { isAppError, secondMs } from '@easycerts/core';
import type { Logger } from '../logger.ts';
import type { EventPublisher } from './bus.ts';
import { maxBatchMessages } from './nats-config.ts';

export interface OutgoingEvent {
  readonly subject: string;
  readonly data: Uint8Array;
  /** For `Nats-Msg-Id`: the server drops a repetition. */
  readonly messageId: string;
}

export interface EventPublisherOptions {
  readonly origin: EventOrigin;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Stores one event durably. AppError PERMISSION_DENIED and INVALID_INPUT are final, everything else is tried again. */
  readonly send: (event: OutgoingEvent) => Promise<void>;
  /** Stores all of these events, which have one subject, or none. What is refused so is sent one by one. */
  readonly sendTogether: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** How many events wait at most. */
  readonly capacity?: number;
  /** Pause after a failure. */
  readonly retryMs?: number;
}

export interface QueueingPublisher extends EventPublisher {
  /** Tries at once instead of after the pause: the bus has come up. */
  wake(): void;
  /** How many events were lost because the queue was full. */
  dropped(): number;
  /** Stops sending; what is left is dropped. */
  close(): void;
}

const defaultCapacity = 10_000;
/** A batch costs nats-server four syncs of the disk and a folder, whatever is in it: docs/benchmarks/issuing.md. */
const minBatchMessages = 32;
/** Under load so long is waited for more of them, so that a batch is worth its cost. */
const gatherMs = 25;
/** Load: so many events within so long. */
const load = { events: 25, withinMs: 100 };
/** A full queue is reported at its first loss and then every so many. */
const reportEvery = 1_000;

/** For `easyCerts: false`: facts go nowhere. */
export const nullPublisher: EventPublisher = Object.freeze({
  publish: () => undefined,
  flush: () => Promise.resolve(),
});

/** A publisher that is not sending yet until `wake` is called for the first time. */
export function createEventPublisher(options: EventPublisherOptions): QueueingPublisher {
  const { origin, clock, logger, capacity = defaultCapacity, retryMs = secondMs } = options;
  const messageIdOf = createMessageIds();
  const queue: OutgoingEvent[] = [];
  let inFlight = 0;
  let isPumping = false;
  let dropped = 0;
  let isAwake = false;
  let isClosed = false;
  let retry: NodeJS.Timeout | undefined;
  const emptied = new Set<() => void>();
  /** When the newest were. */
  const published: number[] = [];

  const sendNext = async (): Promise<void> => {
    const batch = queue.splice(0, togetherIn(queue));
    inFlight = batch.length;
    const again = await attempt(batch);
    inFlight = 0;
    queue.unshift(...again);
    if (again.length > 0) pause();
  };
  /** What has to be sent again. */
  const attempt = async (batch: readonly OutgoingEvent[]): Promise<readonly OutgoingEvent[]> => {
    if (batch.length >= minBatchMessages) {
      try {
        await options.sendTogether(batch);
        return [];
      } catch (err) {
        if (isAppError(err, 'UNAVAILABLE')) return batch;
        logger.debug({ err, events: batch.length }, 'the bus does not take events together');
      }
    }
    const isDone = await Promise.all(batch.map(attemptOne));
    return batch.filter((_, index) => !isDone[index]);
  };
  const attemptOne = (event: OutgoingEvent): Promise<boolean> =>
    options.send(event).then(
      () => true,
      (err: unknown) => {
        if (!isAppError(err, 'PERMISSION_DENIED') && !isAppError(err, 'INVALID_INPUT')) return false;
        logger.error({ err, subject: event.subject }, 'drop an event that the bus does not take');
        return true;
      },
    );
  const isLoaded = (): boolean =>
    published.length === load.events && performance.now() - (published[0] ?? 0) < load.withinMs;
  /** Until there are many, or so much time has passed; not for who waits for all to be sent. */
  const gather = async (): Promise<void> => {
    if (!isLoaded()) return;
    const endMs = performance.now() + gatherMs;
    const isWorthwhile = (): boolean => queue.length < maxBatchMessages && emptied.size === 0 && !isClosed;
    while (isWorthwhile() && performance.now() < endMs) await delay(5);
  };
  const pause = (): void => {
    isAwake = false;
    if (isClosed) return;
    retry = setTimeout(wake, retryMs);
    retry.unref();
  };
  const pump = async (): Promise<void> => {
    if (isPumping) return;
    isPumping = true;
    // One turn of the event loop: what is published in it goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (isAwake && !isClosed && queue.length > 0) {
      await sendNext();
      await gather();
    }
    isPumping = false;
    if (queue.length > 0) return;
    for (const resolve of emptied) resolve();
    emptied.clear();
  };
  const wake = (): void => {
    clearTimeout(retry);
    isAwake = true;
    void pump();
  };
  const enqueue = (event: OutgoingEvent): void => {
    if (queue.length >= capacity) {
      queue.shift();
      dropped += 1;
      if (dropped % reportEvery === 1) logger.warn({ dropped }, 'drop the oldest events: the bus does not take them');
    }
    queue.push(event);
    published.push(performance.now());
    if (published.length > load.events) published.shift();
    void pump();
  };

  return {
    publish: (fact, time) => {
      if (isClosed) return;
      try {
        const event = cloudEventOf(fact, origin, time ?? clock.now());
        const subject = busSubjectOf(fact.type, origin.host);
        enqueue({ subject, data: encodeEvent(event), messageId: messageIdOf(subject, event.id) });
      } catch (err) {
        logger.error({ err, type: fact.type }, 'drop a fact that does not fit its schema');
      }
    },
    flush: async (timeoutMs) => {
      if (queue.length === 0 && inFlight === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      emptied.add(resolve);
      const timer = setTimeout(resolve, timeoutMs);
      await promise;
      clearTimeout(timer);
      emptied.delete(resolve);
    },
    wake,
    dropped: () => dropped,
    close: () => {
      isClosed = true;
      clearTimeout(retry);
      if (queue.length > 0) logger.warn({ dropped: queue.length }, 'drop the events that the bus has not taken');
      queue.length = 0;
      void pump();
    },
  };
}

/**
 * Ids for the server's de-duplication, which is common to all publishers of a stream: whoever could guess an id could send it
 * first and make the server drop the true event. So it is keyed with a secret of this process; a repetition by a later
 * process is recognised by its readers, who compare subject and event id.
 */
function createMessageIds(): (subject: string, eventId: string) => string {
  const secret = randomBytes(32);
  return (subject, eventId) =>
    createHmac('sha256', secret).update(`${subject}\n${eventId}`).digest('base64url').slice(0, 32);
}

/** How many of the first events go together: those that have the subject of the first. */
function togetherIn(queue: readonly OutgoingEvent[]): number {
  let count = 1;
  while (count < maxBatchMessages && queue[count]?.subject === queue[0]?.subject) count += 1;
  return Math.min(count, queue.length);
}

function encodeEvent(event: CloudEvent): Uint8Array {
  return Buffer.from(JSON.stringify(event));
}
