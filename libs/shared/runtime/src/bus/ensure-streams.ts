/** Makes streams when they are absent, before they are used. */

import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsLink } from './nats-link.ts';
import { onceAConnection } from './once-a-connection.ts';
import type { NamedStreamConfig } from './stream-config.ts';

/** "Stream name already in use with a different configuration": one of an older version. */
const sameNameOtherLimits = 10058;

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
    if (!(error instanceof JetStreamApiError) || error.code !== sameNameOtherLimits) throw error;
    await streams.update(config.name, config);
  }
}
