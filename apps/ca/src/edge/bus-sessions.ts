/**
 * Cuts live connections to the bus that would not be let in any more. Looks when told that members changed, and once more
 * when a connection that was let in just before must have shown up.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { secondMs, toAppError } from '@easycerts/core';
import type { ConnectionRegister, Logger, RunningService } from '@easycerts/runtime';
import type { BusSession } from '../core/bus-session.ts';

export interface BusSessionsOptions {
  readonly connections: Pick<ConnectionRegister, 'open' | 'cut'>;
  /** Undefined while it is not known who is a member: nobody is cut then. */
  readonly isOutdated: (session: BusSession) => boolean | undefined;
  readonly logger: Logger;
  /** See the constants. */
  readonly timings?: { readonly settleMs: number; readonly retryMs: number };
}

export interface BusSessions extends RunningService {
  /** Looks soon; returns at once. */
  review(): void;
}

/** nats-server waits 3 s for the callout (authorization.timeout in nats.conf): so late may one come in that was let in before. */
const defaultTimings = { settleMs: 4 * secondMs, retryMs: secondMs };

/** Starts it; nothing is looked at before the first `review`. */
export function startBusSessions(options: BusSessionsOptions): BusSessions {
  const { logger, timings = defaultTimings } = options;
  const closing = new AbortController();
  let reviews = 0;
  let working: Promise<void> | undefined;
  let waiting = new AbortController();

  /** Ends early when the service is closed, and for a review when `isPatient`. */
  const wait = (ms: number, isPatient: boolean): Promise<void> => {
    waiting = new AbortController();
    const signal = isPatient ? closing.signal : AbortSignal.any([closing.signal, waiting.signal]);
    return pause(ms, undefined, { signal, ref: false }).catch(() => undefined);
  };
  const look = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        return await cutOutdated(options);
      } catch (error) {
        logger.warn({ err: toAppError(error, 'cut connections to the bus') }, 'try again to cut who was removed');
        await wait(timings.retryMs, true);
      }
    }
  };
  const work = async (): Promise<void> => {
    let settling: number | undefined;
    while (!closing.signal.aborted) {
      const seen = reviews;
      await look();
      if (seen !== reviews) continue;
      if (settling === seen) break;
      settling = seen;
      await wait(timings.settleMs, false);
    }
    working = undefined;
  };
  return {
    review() {
      reviews += 1;
      waiting.abort();
      working ??= work();
    },
    async close() {
      closing.abort();
      await working;
    },
  };
}

async function cutOutdated({ connections, isOutdated, logger }: BusSessionsOptions): Promise<void> {
  for (const { id, user, fingerprint } of await connections.open()) {
    if (isOutdated({ user, fingerprint }) !== true) continue;
    await connections.cut(id);
    logger.info({ user, connection: id }, 'cut a connection to the bus');
  }
}
