/** What each subject of the stream of events holds last: how things stand, without their history. */

import type { Logger } from '../logger.ts';
import type { StoredEvent } from './bus.ts';
import { parseEvent } from './event-envelope.ts';
import { readLastMessages } from './last-messages.ts';
import type { NatsLink } from './nats-link.ts';
import { eventsStream } from './stream-config.ts';

/** In the order in which they were stored; what is no proper event is left out. AppError UNAVAILABLE without the bus. */
export async function readLastEvents(
  link: NatsLink,
  subjects: readonly string[],
  logger: Logger,
): Promise<readonly StoredEvent[]> {
  const messages = await readLastMessages(link, eventsStream, subjects);
  return messages.flatMap(({ subject, data, sequence, storedAt }) => {
    const parsed = parseEvent(subject, data);
    if (parsed.kind === 'event') return [{ event: parsed.event, sequence, storedAt }];
    logger.warn({ subject, ...parsed.finding }, 'skip what is no proper event');
    return [];
  });
}
