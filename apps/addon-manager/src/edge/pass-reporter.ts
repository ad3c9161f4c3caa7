/** Tells the log and the bus what is new in a pass: a failure that stays is one event, not one for every attempt. */

import type { AppError } from '@easycerts/core';
import { isAppError } from '@easycerts/core';
import type { ServiceContext } from '@easycerts/runtime';
import type { AddonSetName } from '../core/addon-mode.ts';
import { isTransientFailure } from '../core/api-failure.ts';
import { describeObject } from '../core/kube-object.ts';
import type { ObjectResult, PassReport } from '../core/pass-report.ts';
import { isToBeReported } from '../core/retry-delay.ts';
import { publishApplied, publishFailed, publishPruned } from '../events.ts';

export interface PassReporter {
  report(pass: PassReport): void;
}

/** The reporter of one set. */
export function createPassReporter(
  { clock, events, logger }: Pick<ServiceContext, 'clock' | 'events' | 'logger'>,
  set: AddonSetName,
): PassReporter {
  /** What is wrong at which place, as it was reported. */
  const reported = new Map<string, string>();
  let interruptions = 0;

  /** `isPublic`: the bus hears of it as well. */
  const fail = (place: string, addon: string, failure: { message: string; cure: unknown; isPublic: boolean }): void => {
    if (reported.get(place) === failure.message) return;
    reported.set(place, failure.message);
    logger.warn({ addon, cure: failure.cure }, failure.message);
    if (failure.isPublic) publishFailed(events, addon, failure.message, clock.now());
  };

  const failNow = (place: string, addon: string, error: AppError, attempts: number): void => {
    const isNews = isToBeReported(attempts, isTransientFailure(error));
    if (!isNews) logger.debug({ addon, attempts }, error.message);
    // An API server that is away has events of its own, as a component.
    else
      fail(place, addon, {
        message: error.message,
        cure: error.details.cure,
        isPublic: !isAppError(error, 'UNAVAILABLE'),
      });
  };

  const succeed = (place: string, result: ObjectResult): void => {
    const { addon, detail, outcome } = result;
    const object = describeObject(result.reference);
    if (reported.delete(place)) logger.info({ addon, object }, 'addon object is right again');
    if (outcome === 'unchanged') return;
    logger.info({ addon, object, reason: detail }, `addon object ${outcome}`);
    if (outcome === 'pruned') publishPruned(events, result, clock.now());
    else if (outcome !== 'kept') publishApplied(events, result, clock.now());
  };

  const forget = (isStillThere: (place: string) => boolean): void => {
    for (const place of reported.keys()) if (!isStillThere(place)) reported.delete(place);
  };

  return {
    report({ results, problems, interruption }) {
      const places = new Set<string>();
      for (const { addon, source, message, cure } of problems) {
        const place = `${source.file} ${source.document} ${message}`;
        places.add(place);
        fail(place, addon, { message, cure, isPublic: true });
      }
      for (const result of results) {
        const place = describeObject(result.reference);
        places.add(place);
        if (result.error !== undefined) failNow(place, result.addon, result.error, result.attempts ?? 1);
        else if (result.outcome !== 'waiting') succeed(place, result);
      }
      interruptions = interruption === undefined ? 0 : interruptions + 1;
      if (interruption !== undefined) failNow('*', set, interruption, interruptions);
      else forget((place) => places.has(place));
    },
  };
}
