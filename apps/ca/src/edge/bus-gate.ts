/** Who may connect to the bus: hosts of the register and automations, as long as neither they nor their certificates are revoked. */

import type { Clock } from '@easycerts/core';
import { type BusCertificate, type BusDecision, decideByCertificate } from '@easycerts/runtime';
import { roleOf } from '../core/registered-host.ts';
import type { AutomationStore } from './automations/automation-store.ts';
import type { HostRegister } from './host-register.ts';
import type { Revocations } from './revocations.ts';

export interface GateStores {
  readonly register: Pick<HostRegister, 'find'>;
  readonly revocations: Pick<Revocations, 'has'>;
  readonly automations: Pick<AutomationStore, 'find'>;
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
  if (identity.kind === 'automation') return automationFinding(certificate, identity.id, known) ?? decision;
  const host = known?.register.find(identity.id);
  if (host?.isRevoked === true) return deny(`the host ${identity.id} has been revoked`);
  if (identity.kind === 'master' && identity.id === ownHost()) return decision;
  if (known === undefined) return deny('the register of hosts is not loaded yet');
  if (host === undefined) return deny(`the host ${identity.id} is not in the register`);
  if (roleOf(host.record) === identity.kind) return decision;
  return deny(`the certificate says ${identity.kind}, the register ${roleOf(host.record)}`);
}

/** Names of automations are not names of hosts: neither is looked up among the others. */
function automationFinding(
  { serial }: BusCertificate,
  name: string,
  known: GateStores | undefined,
): BusDecision | undefined {
  if (known === undefined) return deny('the automations are not loaded yet');
  const automation = known.automations.find(name);
  if (automation === undefined) return deny(`there is no automation ${name}`);
  return automation.serial === serial ? undefined : deny(`automation ${name} has another certificate`);
}

function deny(reason: string): BusDecision {
  return { kind: 'deny', reason };
}
