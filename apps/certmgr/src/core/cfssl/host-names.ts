/** `hosts` of a request: what kind of alternative name each one becomes, and whether a certificate has them. */

import { canonicalIp } from '@easycerts/cluster';
import type { Finding } from '@easycerts/core';
import type { ForeignNames } from '@easycerts/pki';
import type { LeafFacts } from '../observation.ts';
import type { RequestedCertificate } from './cfssl-spec.ts';

/** The kind by cfssl's own rules (csr.Generate): address, e-mail, URI, and DNS for all the rest. Each name once. */
export function namesOfHosts(hosts: readonly string[]): ForeignNames {
  const kindOf = (host: string): keyof ForeignNames => {
    if (canonicalIp(host) !== undefined) return 'ip';
    if (/^[^\s@<>]+@[^\s@<>]+$/.test(host)) return 'email';
    return /^([a-z][a-z0-9+.-]*:|\/)/i.test(host) ? 'uri' : 'dns';
  };
  const of = (kind: keyof ForeignNames): readonly string[] => hosts.filter((host) => kindOf(host) === kind);
  return {
    dns: sortedSet(of('dns')),
    ip: sortedSet(of('ip').map((host) => canonicalIp(host) ?? host)),
    email: sortedSet(of('email')),
    uri: sortedSet(of('uri')),
  };
}

/** All names as cfssl's `hosts`. */
export function hostsOfNames({ dns, ip, email, uri }: ForeignNames): readonly string[] {
  return [...dns, ...ip, ...email, ...uri];
}

/**
 * Whether the names of a certificate are those of the spec, as texts: a CA may write `system:kube-proxy` as a DNS name or as a
 * URI. The common name may stand among the hosts without being the name of a host (NixOS writes it there): when it can only be a
 * URI it is never missed, because what names a user is the subject.
 */
export function differsInHosts(
  { commonName, names }: Pick<RequestedCertificate, 'commonName' | 'names'>,
  leaf: LeafFacts,
): Finding<'names'> | undefined {
  const has = new Set([
    ...leaf.alternativeNames.dns,
    ...leaf.alternativeNames.ip,
    ...leaf.otherNames.map((name) => name.replace(/^(URI|email):/, '')),
  ]);
  const wanted = new Set(hostsOfNames(names));
  const isOptional = (name: string): boolean => name === commonName && names.uri.includes(name);
  const missing = [...wanted].filter((name) => !has.has(name) && !isOptional(name));
  const surplus = [...has].filter((name) => !wanted.has(name));
  const parts = [
    ...(missing.length === 0 ? [] : [`lacks ${missing.join(', ')}`]),
    ...(surplus.length === 0 ? [] : [`has ${surplus.join(', ')} too many`]),
  ];
  return parts.length === 0 ? undefined : { reason: 'names', detail: parts.join('; ') };
}

function sortedSet(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
