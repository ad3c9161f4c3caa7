/** A publisher for services that start before they know their bus. */

import type { Fact } from '@easycerts/contracts';
import type { Clock } from '@easycerts/core';
import type { EventPublisher } from './bus.ts';

export interface DeferredPublisher extends EventPublisher {
  /** From now on facts go to `target`, first those that have waited. Once only; a second call changes nothing. */
  attach(target: EventPublisher): void;
}

const capacity = 10_000;

/** A publisher that can be given its bus later; until then it keeps the newest facts, each with the time it was published. */
export function createDeferredPublisher(clock: Clock): DeferredPublisher {
  let target: EventPublisher | undefined;
  const waiting: { readonly fact: Fact; readonly time: Date }[] = [];
  const attached = Promise.withResolvers<EventPublisher>();
  return {
    publish: (fact, time = clock.now()) => {
      if (target !== undefined) return target.publish(fact, time);
      if (waiting.length >= capacity) waiting.shift();
      waiting.push({ fact, time });
    },
    flush: async (timeoutMs) => {
      if (target !== undefined) return target.flush(timeoutMs);
      if (waiting.length === 0) return;
      const { promise: timeout, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      const end = performance.now() + timeoutMs;
      await Promise.race([timeout, attached.promise.then((bus) => bus.flush(Math.max(0, end - performance.now())))]);
      clearTimeout(timer);
    },
    attach: (given) => {
      if (target !== undefined) return;
      target = given;
      for (const { fact, time } of waiting.splice(0)) given.publish(fact, time);
      attached.resolve(given);
    },
  };
}
