/** docs/certificates.md: the certificate list, resolved for two example hosts by the function that the CA itself uses. */

import type { CertificateSpec, HostRecord } from '@easycerts/cluster';
import {
  authorityNames,
  certificateList,
  parseClusterConfig,
  pathsUnder,
  resolveCertificates,
} from '@easycerts/cluster';
import { dayMs, secondMs } from '@easycerts/core';
import { codeBlock, generatedNotice, page, table } from './markdown.ts';

const exampleConfig = `roles: [master, node]
masterAddress: api.kube.example
pki: {cfssl: {enable: true}}
`;
const exampleHosts: readonly HostRecord[] = [
  { name: 'm1', roles: ['master', 'node'], addresses: ['192.0.2.10'] },
  { name: 'n1', roles: ['node'], addresses: ['192.0.2.11'] },
];

/** The page of every certificate that a host has. */
export function certificatesPage(): string {
  const config = parseClusterConfig(exampleConfig, 'the example of docs/certificates.md');
  return page([
    generatedNotice,
    '# Certificates',
    introduction(),
    codeBlock('yaml', exampleConfig.trimEnd()),
    ...exampleHosts.flatMap((host) => sectionOf(host, resolveCertificates(config, host, pathsUnder('')))),
  ]);
}

function introduction(): string {
  return `There is one list of certificates (\`libs/shared/cluster/src/cert-list.ts\`). The CA grants a host exactly what the list
yields for it, certmgr keeps exactly that, and this page shows it for two hosts.

- Authorities: ${authorityNames.map((name) => `\`${name}\``).join(', ')}. A certificate of one is refused wherever another is asked for.
- Each certificate is a set in a directory: \`tls.crt\`, \`tls.key\` (mode 0600, made on the host and never leaving it) and
  \`ca.crt\` (what to trust). The directory is a symbolic link and is swapped as one.
- Renewal begins at two thirds of the lifetime.
- Certificates of your own services come into the same list by \`certificates\` in cluster.yaml, from the authority \`services\`, which
  nothing in the cluster trusts: [own-certificates.md](own-certificates.md).
- The addresses of a master's certificates are those that its kernel holds on interfaces that are up. A cable that is pulled out
  changes nothing; an interface that is taken down, or whose address a network manager withdraws, costs a reissue.

The example:`;
}

function sectionOf(host: HostRecord, specs: readonly CertificateSpec[]): readonly string[] {
  return [
    `## ${host.name}: ${host.roles.join(' and ')}, ${host.addresses.join(', ')}`,
    table(
      ['certificate', 'what it is for', 'authority', 'subject', 'names', 'usages', 'days', 'set, owner of the key'],
      specs.map(rowOf),
    ),
  ];
}

function rowOf(spec: CertificateSpec): readonly string[] {
  const { commonName, organizations } = spec.subject;
  const names = [...spec.alternativeNames.dns, ...spec.alternativeNames.ip];
  return [
    `\`${spec.name}\``,
    certificateList.find((entry) => entry.name === spec.name)?.purpose ?? '',
    spec.authority,
    `\`${[...organizations.map((name) => `O=${name}`), `CN=${commonName}`].join(', ')}\``,
    names.join(', '),
    spec.usages.join(', '),
    String((spec.validityS * secondMs) / dayMs),
    `\`${spec.directory}\`, ${spec.owner}`,
  ];
}
