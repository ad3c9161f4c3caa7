/** An example of an event. */

import type { EventType } from './catalogue.ts';
import type { Fact } from './cloud-event.ts';

/** A fact and the service that publishes it. */
export interface EventExample<T extends EventType> extends Fact<T> {
  readonly service: string;
}
