/** The JetStream client of a connection, made once: an append is too short to make one each time. */

import type { JetStreamClient } from '@nats-io/jetstream';
import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

const clients = new WeakMap<NatsConnection, JetStreamClient>();

/** The client for publishing and reading, as masters use it. */
export function jetStreamOf(connection: NatsConnection): JetStreamClient {
  const known = clients.get(connection);
  if (known !== undefined) return known;
  const client = jetstream(connection);
  clients.set(connection, client);
  return client;
}
