/** Publishes refusals of the bus as events, as many as the throttle lets through. */

import type { Clock } from '@easycerts/core';
import type { RunningService } from '../service.ts';
import type { EventPublisher } from './bus.ts';
import type { BusRefusal } from './refusal.ts';
import { createRefusalThrottle, windowMs } from './refusal-throttle.ts';

export interface RefusalReporterOptions {
  readonly events: EventPublisher;
  readonly clock: Clock;
}

export interface RefusalReporter extends RunningService {
  /** `count`: how many of the same; `time`: when, default now. */
  report(refusal: BusRefusal, count?: number, time?: Date): void;
}

/** One for the auth callout and the audit of the log together, so that both share the limits. */
export function createRefusalReporter({ events, clock }: RefusalReporterOptions): RefusalReporter {
  const throttle = createRefusalThrottle();
  let number = 0;
  const publish = (refusal: BusRefusal, time: Date): void => {
    number += 1;
    events.publish(
      {
        type: 'bus.refused',
        subject: refusal.user === '' ? refusal.peer : refusal.user,
        key: `${time.toISOString()}/${number}`,
        data: { ...refusal },
      },
      time,
    );
  };
  const endWindow = (): void => {
    for (const refusal of throttle.endWindow()) publish(refusal, clock.now());
  };
  const timer = setInterval(endWindow, windowMs);
  timer.unref();
  return {
    report: (refusal, count = 1, time = clock.now()) => {
      for (const told of throttle.add(refusal, count)) publish(told, time);
    },
    close: async () => {
      clearInterval(timer);
      endWindow();
    },
  };
}
