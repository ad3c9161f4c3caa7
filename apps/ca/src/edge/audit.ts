/** The audit trail of refusals: log, metric and event, in one place. */

import type { Clock, DenyReason, Finding } from '@easycerts/core';
import type { EventPublisher, Logger } from '@easycerts/runtime';
import { createAuditThrottle } from '../core/audit-throttle.ts';
import {
  type EnrolmentRefusal,
  publishCallRefused,
  publishRefused,
  publishTokenRefused,
  type Refusal,
} from '../events.ts';
import type { Metrics } from './metrics.ts';

export interface Audit {
  /** A refused Sign, for the certificate of that name. */
  signRefused(name: string, refusal: Refusal): void;
  callRefused(method: string, refusal: Refusal): void;
  /** `floodKey`: there are too many to tell each; of those with the same key one is told now and then. */
  tokenRefused(refusal: EnrolmentRefusal, floodKey: string | undefined): void;
}

/** Refusals that no limit bounds before they get here. */
const unbounded: ReadonlySet<DenyReason> = new Set(['rate-limited', 'unauthenticated']);

/** An audit trail that a flood does not fill. */
export function createAudit(sources: {
  readonly events: EventPublisher;
  readonly metrics: Pick<Metrics, 'refused'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Audit {
  const { events, metrics, clock, logger } = sources;
  const throttle = createAuditThrottle();
  const tell = (
    what: Readonly<Record<string, string>>,
    refusal: Refusal,
    publish: (refusal: Refusal) => void,
    floodKey = floodKeyOf(refusal),
  ): void => {
    const { host, finding, peer } = refusal;
    metrics.refused(finding.reason);
    const { isTold, leftOut } = floodKey === undefined ? always : throttle(floodKey, clock.now());
    if (!isTold) return;
    const told: Finding<DenyReason> =
      leftOut === 0 ? finding : { ...finding, detail: `${finding.detail} (and ${leftOut} times before)` };
    logger.warn({ host, ...what, ...told, peer }, 'refused');
    publish({ host, finding: told, peer });
  };
  return {
    signRefused: (name, refusal) => {
      tell({ certificate: name.slice(0, 100) }, refusal, (told) => publishRefused(events, name, told));
    },
    callRefused: (method, refusal) => tell({ method }, refusal, (told) => publishCallRefused(events, method, told)),
    tokenRefused: ({ tokenId, ...refusal }, floodKey) =>
      tell({ tokenId }, refusal, (told) => publishTokenRefused(events, { tokenId, ...told }), floodKey),
  };
}

const always = { isTold: true, leftOut: 0 };

function floodKeyOf({ host, finding, peer }: Refusal): string | undefined {
  return unbounded.has(finding.reason) ? `${finding.reason}/${host ?? addressOf(peer)}` : undefined;
}

/** Without the port, which is another one at each connection. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '');
}
