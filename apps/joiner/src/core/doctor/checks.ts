/** What can be wrong with a host that is, or was to be, part of a cluster: a literal list of pure checks. */

import type { Found, PreflightFinding } from '../preflight/finding.ts';
import { certificates, identity } from './certificate-checks.ts';
import type { DoctorFacts } from './facts.ts';
import { bus, components, configuration, node, services } from './running-checks.ts';

export interface DoctorCheck {
  readonly name: string;
  readonly find: (facts: DoctorFacts) => readonly Found[];
}

export const doctorChecks: readonly DoctorCheck[] = [
  { name: 'membership', find: membership },
  { name: 'token', find: token },
  { name: 'identity', find: identity },
  { name: 'services', find: services },
  { name: 'bus', find: bus },
  { name: 'applied-configuration', find: configuration },
  { name: 'certificates', find: certificates },
  { name: 'components', find: components },
  { name: 'node', find: node },
];

/** All findings of all checks, in their order. */
export function examine(facts: DoctorFacts): readonly PreflightFinding[] {
  return doctorChecks.flatMap(({ find, name }) => find(facts).map((found) => ({ check: name, ...found })));
}

function membership({
  state: { hasAuthority, identity: known, leaving, name, role, tokenId },
}: DoctorFacts): readonly Found[] {
  if (leaving !== undefined) {
    return [
      { severity: 'warning', message: `${name} is leaving its cluster, and has not finished`, cure: 'joiner leave' },
    ];
  }
  if (known !== undefined) return [];
  if (role === 'master') {
    const message = hasAuthority
      ? 'this master has a CA, but no identity'
      : 'there is a cluster.yaml, but no cluster yet';
    return [{ severity: 'error', message, cure: 'joiner init' }];
  }
  const again = tokenId === undefined ? 'joiner join < token' : 'joiner join';
  return [
    {
      severity: 'error',
      message: 'this host is part of no cluster',
      cure: `${again} (a master gives the token: ca token create)`,
    },
  ];
}

function token({ state: { enrolment, identity: known, tokenId } }: DoctorFacts): readonly Found[] {
  if (enrolment?.state === 'refused' && enrolment.isOld !== true && known === undefined) {
    const cure = enrolment.cure ?? 'make a new token on the master: ca token create --role node';
    return [{ severity: 'error', message: enrolment.message ?? 'the CA has refused the join token', cure }];
  }
  if (tokenId === undefined) return [];
  const why = enrolment?.message === undefined || enrolment.isOld === true ? '' : `: ${enrolment.message}`;
  return [
    {
      severity: 'warning',
      message: `the join token ${tokenId} has not been used yet${why}`,
      cure: 'joiner join, which goes on with it',
    },
  ];
}
