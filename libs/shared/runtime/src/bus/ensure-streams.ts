/** Makes streams when they are absent, before they are used. */

import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { toBusError } from './bus-errors.ts';
import type { NatsLink } from './nats-link.ts';
import { onceAConnection } from './once-a-connection.ts';
import type { NamedStreamConfig } from './stream-config.ts';

/**
 * A function that makes the streams when absent, and brings the limits of those that exist up to date; it does so once for
 * each connection, because a server that comes back may have lost its disk. AppError UNAVAILABLE while there is no bus.
 */
export function ensureStreams(link: NatsLink, configs: readonly NamedStreamConfig[]): () => Promise<void> {
  const names = configs.map(({ name }) => name).join(', ');
  return onceAConnection(link, `make stream ${names}`, async (connection) => {
    for (const config of configs) await ensureStream(connection, config);
  });
}

async function ensureStream(connection: NatsConnection, config: NamedStreamConfig): Promise<void> {
  const { streams } = await jetstreamManager(connection, { checkAPI: false });
  try {
    await streams.add(config);
  } catch (error) {
    // Same name, other limits: those of an older version.
    if (toBusError(error, '').code !== 'CONFLICT') throw error;
    await streams.update(config.name, config);
  }
}
