/** Work that has to be done once after each connection, by whoever needs it first. */

import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsLink } from './nats-link.ts';

/** A function that does the work and remembers its result until the connection is lost; a failure is not remembered. */
export function onceAConnection<T>(
  link: NatsLink,
  doing: string,
  work: (connection: NatsConnection) => Promise<T>,
): () => Promise<T> {
  let current: Promise<T> | undefined;
  link.onDown(() => {
    current = undefined;
  });
  return () => {
    if (current !== undefined) return current;
    const started = link.run(doing, work);
    current = started;
    started.catch(() => {
      if (current === started) current = undefined;
    });
    return started;
  };
}
