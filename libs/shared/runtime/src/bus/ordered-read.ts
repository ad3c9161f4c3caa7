/** Reading a stream in order: one short-lived consumer without acknowledgements, made anew where it broke off. */

import { setTimeout as sleep } from 'node:timers/promises';
import { secondMs } from '@easycerts/core';
import type { ConsumerMessages, JsMsg, OrderedConsumerOptions } from '@nats-io/jetstream';
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { notConnected } from './bus-errors.ts';
import type { NatsLink } from './nats-link.ts';

export type ReadStart =
  | { readonly sequence: number }
  | { readonly time: Date }
  /** The last message of each subject, then everything new. */
  | 'last-per-subject';

export interface OrderedReadOptions {
  readonly stream: string;
  readonly start: ReadStart;
  /** For a start at a sequence number: nothing beyond this one is read, nor asked for. */
  readonly endSequence?: number;
  /** Patterns that do not overlap; default all. */
  readonly subjects?: readonly string[];
  /** What must have succeeded before each attempt, such as making the stream. */
  readonly prepare?: () => Promise<unknown>;
}

/**
 * How many messages are asked for at a time. Twice as many may be under way: of 512 KiB each they stay below the 64 MB at which
 * nats-server cuts a client.
 */
const pullMessages = 40;
const retryMs = secondMs;

/** The last sequence number of a stream, 0 when it is empty. */
export async function lastSequenceOf(connection: NatsConnection, stream: string): Promise<number> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  return (await manager.streams.info(stream)).state.last_seq;
}

/** Messages up to the last one that was stored when the call began. AppError UNAVAILABLE when the bus is lost meanwhile. */
export async function* readStored(link: NatsLink, options: OrderedReadOptions): AsyncGenerator<JsMsg, void> {
  const doing = `read stream ${options.stream}`;
  const stored = await link.run(doing, (connection) => lastSequenceOf(connection, options.stream));
  const last = Math.min(stored, options.endSequence ?? stored);
  if (firstSequenceOf(options) > last) return;
  const reader = await link.run(doing, (connection) => openReader(connection, options));
  let isLost = false;
  const forget = link.onDown(() => {
    isLost = true;
    reader.messages.stop();
  });
  try {
    if (reader.pending === 0) return;
    for await (const message of reader.messages) {
      if (message.seq > last) return;
      yield message;
      if (message.seq === last || message.info.pending === 0) return;
    }
    if (isLost) throw notConnected(doing);
  } finally {
    forget();
    closeReader(link, reader);
  }
}

/** Messages for ever, across lost connections, until the signal is aborted. */
export async function* readOn(
  link: NatsLink,
  options: OrderedReadOptions,
  signal: AbortSignal,
): AsyncGenerator<JsMsg, void> {
  let { start } = options;
  while (!signal.aborted) {
    await untilUp(link, signal);
    const reader = await link
      .run(`read stream ${options.stream}`, async (connection) => {
        await options.prepare?.();
        return openReader(connection, { ...options, start });
      })
      .catch(() => undefined);
    if (reader === undefined) {
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      continue;
    }
    const stop = (): void => reader.messages.stop();
    const forget = link.onDown(stop);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      for await (const message of reader.messages) {
        if (signal.aborted) return;
        start = { sequence: message.seq + 1 };
        yield message;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      forget();
      closeReader(link, reader);
    }
  }
}

/** Resolves when the connection is up or the signal is aborted. */
export async function untilUp(link: NatsLink, signal: AbortSignal): Promise<void> {
  if (link.isUp() || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = (): void => resolve();
  const forget = link.onUp(stop);
  signal.addEventListener('abort', stop, { once: true });
  await promise;
  forget();
  signal.removeEventListener('abort', stop);
}

interface Reader {
  readonly messages: ConsumerMessages;
  /** How many were waiting when it was opened. */
  readonly pending: number;
  readonly remove: () => Promise<unknown>;
}

async function openReader(connection: NatsConnection, options: OrderedReadOptions): Promise<Reader> {
  const consumer = await jetstream(connection).consumers.get(options.stream, consumerOptions(options));
  const { num_pending: pending } = await consumer.info(true);
  const messages = await consumer.consume({ max_messages: messagesToPull(options) });
  return { messages, pending, remove: () => consumer.delete() };
}

/** What was asked for is sent, whether somebody still reads it or not. */
function messagesToPull(options: OrderedReadOptions): number {
  const { endSequence = Number.POSITIVE_INFINITY } = options;
  return Math.min(pullMessages, endSequence - firstSequenceOf(options) + 1);
}

function firstSequenceOf({ start }: OrderedReadOptions): number {
  return typeof start === 'object' && 'sequence' in start ? Math.max(1, start.sequence) : 1;
}

/** nats-server forgets the consumer by itself after some minutes: telling it is only tidier. */
function closeReader(link: NatsLink, reader: Reader): void {
  reader.messages.stop();
  if (link.isUp()) void reader.remove().catch(() => undefined);
}

function consumerOptions({ start, subjects }: OrderedReadOptions): Partial<OrderedConsumerOptions> {
  const filter = subjects === undefined || subjects.length === 0 ? {} : { filter_subjects: [...subjects] };
  if (start === 'last-per-subject') return { ...filter, deliver_policy: DeliverPolicy.LastPerSubject };
  if ('time' in start) {
    return { ...filter, deliver_policy: DeliverPolicy.StartTime, opt_start_time: start.time.toISOString() };
  }
  return { ...filter, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, start.sequence) };
}
