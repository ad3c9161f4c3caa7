/** A publisher that keeps what was published, as the events that would have been sent. */

import type { CloudEvent, EventOrigin, EventType, Fact } from '@easycerts/contracts';
import { cloudEventOf } from '@easycerts/contracts';
import type { Clock } from '@easycerts/core';
import type { EventPublisher } from '@easycerts/runtime';
import { fixedClock } from './clocks.ts';

export interface RecordingPublisher extends EventPublisher {
  readonly events: readonly CloudEvent[];
  readonly facts: readonly Fact[];
  /** The events of one type, so far. */
  ofType<T extends EventType>(type: T): readonly CloudEvent<T>[];
}

/** Unlike the real one it throws for a fact that does not fit its schema, so that the test that made it fails. */
export function recordingPublisher(
  origin: EventOrigin = { host: 'm1', service: 'test' },
  clock: Clock = fixedClock(),
): RecordingPublisher {
  const events: CloudEvent[] = [];
  const facts: Fact[] = [];
  return {
    events,
    facts,
    publish: (fact, time) => {
      events.push(cloudEventOf(fact, origin, time ?? clock.now()) as CloudEvent);
      facts.push(fact);
    },
    flush: () => Promise.resolve(),
    ofType: <T extends EventType>(type: T) =>
      events.filter((event) => event.type === `easycerts.${type}`) as CloudEvent<T>[],
  };
}
