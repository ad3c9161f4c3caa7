/** What every service is given and gives back: so the same code runs as one process, as several in one, and in tests. */

import type { Clock } from '@easycerts/core';
import type { EventPublisher } from './bus/bus.ts';
import type { Logger } from './logger.ts';

/** Something that runs until it is closed. `close` finishes what is under way and resolves when nothing is left. */
export interface RunningService {
  close(): Promise<void>;
}

/** What is ambient in a process and an argument to a service. */
export interface ServiceContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 ≤ x < 1, for jitter only; never for secrets. */
  readonly random: () => number;
  readonly events: EventPublisher;
}
