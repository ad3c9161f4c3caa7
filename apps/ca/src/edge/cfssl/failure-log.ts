/** What the log says of calls that failed on our side. */

import { createAuditThrottle } from '../../core/audit-throttle.ts';
import type { CfsslError } from '../../core/cfssl/cfssl-error.ts';
import type { CallEnvironment } from '../call-environment.ts';

/** Defects are logged each with its stack; that the CA is not ready, now and then: its clients repeat their calls. */
export function createFailureLog({
  logger,
  clock,
}: Pick<CallEnvironment, 'logger' | 'clock'>): (error: CfsslError, url: string | undefined) => void {
  const throttle = createAuditThrottle();
  return (error, url) => {
    // Without a cause it is an answer in cfssl's words, which everybody can ask for as often as he likes.
    if (error.status < 500 || error.cause === undefined) return;
    if (error.status !== 503) {
      logger.error({ err: error, url }, 'cfssl call failed');
      return;
    }
    const { isTold, leftOut } = throttle('not ready', clock.now());
    if (isTold) logger.warn({ err: error.cause, url, leftOut }, 'cfssl calls are refused');
  };
}
