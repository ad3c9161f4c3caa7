/** Ten thousand nodes that are only a line in the register each, and a request for every certificate they have of the cluster's CA. */

import { type ClusterConfig, type HostRecord, resolveCertificates } from '@easycerts/cluster';
import { dnsName, ecKey, ipName, nameDer, sanExtension, utf8, writeHostileCsr } from '@easycerts/pki/testing';
import { paths } from '../../apps/ca/test/fixture.ts';

const organization = '2.5.4.10';
const commonName = '2.5.4.3';
const perHost = 3;

export function manyHosts(count: number): readonly HostRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `h${index}`,
    roles: ['node'],
    addresses: [`10.1.${index >> 8}.${index & 255}`],
  }));
}

/** Each host has a profile of its own name: in a closed network nobody needs a key (pki.cfssl in cluster.yaml). */
export function profilesOf(hosts: readonly HostRecord[]): Record<string, { readonly unauthenticatedHost: string }> {
  return Object.fromEntries(hosts.map(({ name }) => [name, { unauthenticatedHost: name }]));
}

export interface HostRequest {
  readonly profile: string;
  readonly csrDer: Uint8Array;
}

/** Each with a key of its own; the hosts take turns, as after a rotation. */
export function requestsOf(hosts: readonly HostRecord[], config: ClusterConfig): readonly HostRequest[] {
  const byHost = hosts.map((host) =>
    resolveCertificates(config, host, paths)
      .filter(({ authority }) => authority === 'kubernetes')
      .slice(0, perHost),
  );
  return Array.from({ length: perHost }, (_, turn) =>
    hosts.flatMap(({ name }, index) => {
      const spec = byHost[index]?.[turn];
      if (spec === undefined) return [];
      const { subject, alternativeNames } = spec;
      const names = [
        ...alternativeNames.dns.map((dns) => dnsName(dns)),
        ...alternativeNames.ip.map((ip) => ipName(...ip.split('.').map(Number))),
      ];
      const csrDer = writeHostileCsr({
        key: ecKey(),
        subject: nameDer(...subject.organizations.map((text) => [organization, utf8(text)] as const), [
          commonName,
          utf8(subject.commonName),
        ]),
        ...(names.length === 0 ? { attributes: [] } : { extensions: [sanExtension(...names)] }),
      });
      return [{ profile: name, csrDer }];
    }),
  ).flat();
}
