/** Durable consumers of EVENTS from which automation pulls: made and removed by masters. */

import { secondMs } from '@easycerts/core';
import type { ConsumerConfig } from '@nats-io/jetstream';
import { AckPolicy, DeliverPolicy, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { EventConsumers } from './bus.ts';
import type { NatsLink } from './nats-link.ts';
import { eventsStream } from './stream-config.ts';

/** What is not acknowledged by then comes again: also what was sent to a program that had just died. */
const ackWaitMs = 30 * secondMs;
/** The next event comes when this one is acknowledged: only so they stay in order when a program dies. */
const maxAckPending = 1;
const notFound = 10_014;

/** `prepare` makes the stream when it is absent. */
export function eventConsumersOf(link: NatsLink, prepare: () => Promise<void>): EventConsumers {
  const run = async <T>(doing: string, work: (consumers: Manager) => Promise<T>): Promise<T> => {
    await prepare();
    return link.run(doing, async (connection) => {
      const { consumers } = await jetstreamManager(connection, { checkAPI: false });
      return work(consumers);
    });
  };
  return {
    ensure: (name, subjects) =>
      run(`make consumer ${name}`, async (consumers) => {
        const filter = { filter_subjects: [...subjects] };
        const found = await consumers.info(eventsStream, name).catch(undefinedWhenAbsent);
        if (found === undefined) await consumers.add(eventsStream, { ...configOf(name), ...filter });
        else if (!isSame(found.config, subjects)) await consumers.update(eventsStream, name, filter);
      }),
    remove: (name) =>
      run(`remove consumer ${name}`, async (consumers) => {
        await consumers.delete(eventsStream, name).catch(undefinedWhenAbsent);
      }),
  };
}

type Manager = Awaited<ReturnType<typeof jetstreamManager>>['consumers'];

/** It begins with what comes next: what was before is nobody's task any more. */
function configOf(name: string): Partial<ConsumerConfig> {
  return {
    durable_name: name,
    deliver_policy: DeliverPolicy.New,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: maxAckPending,
  };
}

function isSame({ filter_subject, filter_subjects }: Partial<ConsumerConfig>, subjects: readonly string[]): boolean {
  const found = filter_subjects ?? (filter_subject === undefined ? [] : [filter_subject]);
  return found.length === subjects.length && found.every((subject) => subjects.includes(subject));
}

function undefinedWhenAbsent(error: unknown): undefined {
  if (error instanceof JetStreamApiError && error.code === notFound) return undefined;
  throw error;
}
