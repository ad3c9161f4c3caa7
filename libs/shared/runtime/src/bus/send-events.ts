/** How events get into their streams: one by one, or many of one subject as an atomic batch (nats-server ≥ 2.12). */

import { randomUUID } from 'node:crypto';
import { AppError } from '@easycerts/core';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { OutgoingEvent } from './event-publisher.ts';
import { jetStreamOf } from './jet-stream-of.ts';
import type { NatsLink } from './nats-link.ts';

const publishTimeoutMs = 5_000;

/** Stores an event. */
export async function sendEvent(link: NatsLink, { subject, data, messageId }: OutgoingEvent): Promise<void> {
  await link.run('publish event', async (connection) => {
    await jetStreamOf(connection).publish(subject, data, { msgID: messageId, timeout: publishTimeoutMs });
  });
}

/**
 * Stores all of the events, which have one subject, or none of them: nats-server writes and syncs once and acknowledges only the
 * last. It refuses a batch that has a message id of the last minutes, and while others have too many batches open. The client's
 * own batches (`startBatch`) wait for the first message and hide why a batch was refused.
 */
export async function sendTogether(link: NatsLink, events: readonly OutgoingEvent[]): Promise<void> {
  const last = events.at(-1);
  if (last === undefined) return;
  const batch = randomUUID();
  await link.run('publish events', async (connection) => {
    for (const [index, { subject, data, messageId }] of events.slice(0, -1).entries()) {
      const inBatch = headersOf(batch, index + 1);
      inBatch.set('Nats-Msg-Id', messageId);
      connection.publish(subject, data, { headers: inBatch });
    }
    const committing = headersOf(batch, events.length);
    committing.set('Nats-Batch-Commit', '1');
    const options = { headers: committing, msgID: last.messageId, timeout: publishTimeoutMs };
    const ack = await jetStreamOf(connection).publish(last.subject, last.data, options);
    if ('count' in ack && ack.count === events.length) return;
    throw new AppError(
      'INTERNAL',
      `publish events: ${events.length} were sent, acknowledged was ${JSON.stringify(ack)}`,
    );
  });
}

function headersOf(batch: string, sequence: number): MsgHdrs {
  const inBatch = headers();
  inBatch.set('Nats-Batch-Id', batch);
  inBatch.set('Nats-Batch-Sequence', String(sequence));
  return inBatch;
}
