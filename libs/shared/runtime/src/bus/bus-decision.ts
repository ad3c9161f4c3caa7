/** Who is let onto the bus, as what, and until when. */

import type { Clock } from '@easycerts/core';
import { hourMs } from '@easycerts/core';
import type { BusCertificate } from './bus-identity.ts';
import type { BusAccess } from './permissions.ts';
import { accessOf } from './permissions.ts';

export type BusDecision =
  | { readonly kind: 'allow'; readonly access: BusAccess; readonly until: Date }
  | { readonly kind: 'deny'; readonly reason: string };

/** Connections are cut and made again this often, so that what has been decided since then applies. */
const longestSessionMs = 12 * hourMs;

/**
 * The decision that follows from the certificate alone: hosts and automations may connect until they expire. nats-server has
 * verified the chain and the validity when the connection began.
 */
export function decideByCertificate(certificate: BusCertificate, clock: Clock): BusDecision {
  const { identity, notAfter, subject } = certificate;
  if (identity === undefined) return { kind: 'deny', reason: `neither a host nor an automation: ${subject}` };
  const now = clock.now().getTime();
  if (notAfter.getTime() <= now) return { kind: 'deny', reason: `expired: ${subject}` };
  return {
    kind: 'allow',
    access: accessOf(identity),
    until: new Date(Math.min(notAfter.getTime(), now + longestSessionMs)),
  };
}
