/** NATS connections as an attacker has them: a certificate, and nothing that holds back. */

import { filesOfSet } from '@easycerts/cluster';
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { connect, PermissionViolationError } from '@nats-io/transport-node';

/** Connects once, without reconnecting. */
export function connectRaw(
  servers: readonly string[],
  identityDirectory: string,
  options: ConnectionOptions = {},
): Promise<NatsConnection> {
  const { cert, key, ca } = filesOfSet(identityDirectory);
  return connect({
    servers: [...servers],
    tls: { certFile: cert, keyFile: key, caFile: ca, handshakeFirst: true },
    reconnect: false,
    timeout: 8_000,
    ...options,
  });
}

/** What nats-server has not permitted on a connection, as `publish subject` or `subscription subject`, from now on. */
export function watchViolations(connection: NatsConnection): {
  readonly list: readonly string[];
  readonly stop: () => void;
} {
  const list: string[] = [];
  const statuses = connection.status()[Symbol.asyncIterator]();
  void (async () => {
    for (let next = await statuses.next(); !next.done; next = await statuses.next()) {
      const status = next.value;
      if (status.type === 'error' && status.error instanceof PermissionViolationError) {
        list.push(`${status.error.operation} ${status.error.subject}`);
      }
    }
  })();
  return { list, stop: () => void statuses.return?.() };
}
