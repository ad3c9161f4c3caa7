/** What `joiner status` says about the host itself. */

import type { HostState } from './host-state.ts';

export interface Membership {
  readonly host: string;
  readonly role: 'master' | 'node';
  /** Where the master is; undefined while this host does not know. */
  readonly master: string | undefined;
  /** End of validity of the host identity, ISO 8601. */
  readonly identityNotAfter: string;
  /** Digest of the configuration that its files were made of, and of the one that the master gave last; none on a master. */
  readonly appliedDigest: string | undefined;
  readonly receivedDigest: string | undefined;
  readonly isLeaving: boolean;
}

/** Undefined on a host of no cluster. */
export function membershipOf(
  state: Pick<HostState, 'appliedDigest' | 'identity' | 'leaving' | 'receivedDigest'>,
  master?: string,
): Membership | undefined {
  const { appliedDigest, identity, leaving, receivedDigest } = state;
  if (identity === undefined) return undefined;
  return {
    host: identity.host,
    role: identity.role,
    master,
    identityNotAfter: new Date(identity.notAfterMs).toISOString(),
    appliedDigest,
    receivedDigest,
    isLeaving: leaving !== undefined,
  };
}

/** One line: `n1 is a node of the cluster at m1.example, configuration 0123abcd, identity until 2020-02-01`. */
export function membershipText(membership: Membership): string {
  const { appliedDigest, host, identityNotAfter, isLeaving, master, receivedDigest, role } = membership;
  const applied = appliedDigest === undefined ? 'no configuration yet' : `configuration ${appliedDigest.slice(0, 8)}`;
  const next =
    receivedDigest === undefined || receivedDigest === appliedDigest ? '' : ` (${receivedDigest.slice(0, 8)} is next)`;
  const parts = [
    `${host} is a ${role}${role === 'master' || master === undefined ? '' : ` of the cluster at ${master}`}`,
    ...(role === 'master' ? [] : [`${applied}${next}`]),
    `identity until ${identityNotAfter.slice(0, 10)}`,
    ...(isLeaving ? ['leaving'] : []),
  ];
  return parts.join(', ');
}
