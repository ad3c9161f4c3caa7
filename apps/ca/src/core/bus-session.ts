/** Whether a live connection to the bus goes against what the CA knows now. */

import { type RegisteredHost, roleOf } from './registered-host.ts';

export interface BusSession {
  /** `masters/m1`, `nodes/n1`, `automation/a1`; anything else is a user that nats-server knows by itself. */
  readonly user: string;
  /** SHA-256 of the client certificate. */
  readonly fingerprint: string;
}

export interface MembershipFacts {
  readonly isRevoked: (fingerprint: string) => boolean;
  readonly host: (name: string) => RegisteredHost | undefined;
  /** SHA-256 of the certificate that an automation has. */
  readonly automation: (name: string) => string | undefined;
}

/** Whether the connection would not be let in any more. */
export function isOutdated({ user, fingerprint }: BusSession, facts: MembershipFacts): boolean {
  if (facts.isRevoked(fingerprint)) return true;
  const [, group, name = ''] = /^(masters|nodes|automation)\/(.*)$/.exec(user) ?? [];
  if (group === undefined) return false;
  if (group === 'automation') return facts.automation(name) !== fingerprint;
  const host = facts.host(name);
  return host === undefined || host.isRevoked || `${roleOf(host.record)}s` !== group;
}
