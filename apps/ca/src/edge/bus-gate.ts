/** Who may connect to the bus: hosts of the register and automations, as long as neither they nor their certificates are revoked. */

import type { Clock } from '@easycerts/core';
import { type BusCertificate, type BusDecision, decideByCertificate } from '@easycerts/runtime';
import { roleOf } from '../core/registered-host.ts';
import type { HostRegister } from './host-register.ts';
import type { Revocations } from './revocations.ts';

export interface GateStores {
  readonly register: Pick<HostRegister, 'find'>;
  readonly revocations: Pick<Revocations, 'has'>;
}

export interface BusGateSources {
  /** undefined until they are loaded. */
  readonly stores: () => GateStores | undefined;
  /** The host that this CA runs on: it must get in to load the register. */
  readonly ownHost: () => string;
  readonly clock: Clock;
}

/** The decision about one connection; whoever is not known is refused. */
export function decideAtGate(certificate: BusCertificate, { stores, ownHost, clock }: BusGateSources): BusDecision {
  const decision = decideByCertificate(certificate, clock);
  const { identity } = certificate;
  if (decision.kind === 'deny' || identity === undefined) return decision;
  const known = stores();
  if (known?.revocations.has(certificate.serial) === true) {
    return deny(`the certificate ${certificate.serial} of ${certificate.subject} has been revoked`);
  }
  const host = known?.register.find(identity.id);
  if (host?.isRevoked === true) return deny(`the host ${identity.id} has been revoked`);
  if (identity.kind === 'master' && identity.id === ownHost()) return decision;
  if (known === undefined) return deny('the register of hosts is not loaded yet');
  if (host === undefined) return deny(`the host ${identity.id} is not in the register`);
  if (roleOf(host.record) === identity.kind) return decision;
  return deny(`the certificate says ${identity.kind}, the register ${roleOf(host.record)}`);
}

function deny(reason: string): BusDecision {
  return { kind: 'deny', reason };
}
