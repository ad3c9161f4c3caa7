/** Live messages: subscriptions that are there whenever the connection is. */

import type { Msg, Subscription, SubscriptionOptions } from '@nats-io/transport-node';
import type { NatsLink } from './nats-link.ts';

/** Calls back for every message on the subjects, now and after each new connection, until the returned function is called. */
export function subscribeLive(
  link: NatsLink,
  subjects: readonly string[],
  onMessage: (message: Msg) => void,
  options: Pick<SubscriptionOptions, 'queue'> = {},
): () => void {
  let subscriptions: readonly Subscription[] = [];
  const forget = link.onUp((connection, isNew) => {
    // After a mere reconnection the client has renewed them by itself.
    if (!isNew) return;
    subscriptions = subjects.map((subject) =>
      connection.subscribe(subject, {
        ...options,
        callback: (error, message) => {
          if (error === null) onMessage(message);
        },
      }),
    );
  });
  return () => {
    forget();
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}
