/** Certificates of the user's own (`certificates` in cluster.yaml), as entries of the one list. Pure. */

import { alternativeNamesOf } from './alternative-names.ts';
import type { CertificateSpec } from './certificate-spec.ts';
import type { OwnCertificate } from './config/certificate-options.ts';
import type { ClusterConfig } from './config/resolve-config.ts';
import type { HostRecord } from './host-facts.ts';
import type { Paths } from './paths.ts';

/** The user's own certificates of a host, by name as cluster.yaml has them. */
export function ownCertificatesOf(
  { certificates }: Pick<ClusterConfig, 'certificates'>,
  host: HostRecord,
): Readonly<Record<string, OwnCertificate>> {
  return Object.fromEntries(Object.entries(certificates).filter(([, entry]) => isFor(entry, host)));
}

/** Their specs. Where the sets lie is not a setting: root writes them, so no configuration can point it elsewhere. */
export function resolveOwnCertificates(
  config: ClusterConfig,
  host: HostRecord,
  paths: Paths,
): readonly CertificateSpec[] {
  return Object.entries(ownCertificatesOf(config, host)).map(([name, entry]) => {
    const { owner, subject, unit, action } = entry;
    return {
      name,
      authority: entry.authority,
      subject: {
        commonName: withHostname(subject.commonName ?? name, host),
        organizations: subject.organizations.map((text) => withHostname(text, host)),
      },
      alternativeNames: alternativeNamesOf(entry.names.flatMap((given) => namesFor(given, host))),
      usages: entry.usages,
      keyAlgorithm: entry.keyAlgorithm ?? config.pki.keyAlgorithm,
      validityS: entry.validity ?? config.pki.validity,
      directory: `${paths.ownCertificates}/${name}`,
      owner,
      group: entry.group ?? owner,
      keyMode: Number.parseInt(entry.keyMode, 8),
      usedBy: unit === undefined ? [] : [unit],
      ...(unit === undefined ? {} : { notify: { unit, action } }),
    };
  });
}

/** Absent means nobody: the rules ask for one of them. */
function isFor({ hosts = [], roles = [] }: OwnCertificate, host: HostRecord): boolean {
  return hosts.includes(host.name) || roles.some((role) => host.roles.includes(role));
}

function namesFor(given: string, host: HostRecord): readonly string[] {
  return given === '{addresses}' ? host.addresses : [withHostname(given, host)];
}

function withHostname(text: string, { name }: HostRecord): string {
  return text.replaceAll('{hostname}', name);
}
