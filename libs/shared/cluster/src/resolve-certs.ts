/** The certificate list for one host: what the CA grants it and what its certmgr keeps. */

import { alternativeNamesOf } from './alternative-names.ts';
import { type CertificateEntry, certificateList, type ListContext } from './cert-list.ts';
import type { CertificateSpec } from './certificate-spec.ts';
import { type ClusterConfig, componentsOfRole, deepFreeze } from './config/resolve-config.ts';
import type { HostRecord } from './host-facts.ts';
import { resolveOwnCertificates } from './own-certificates.ts';
import type { Paths } from './paths.ts';

/** Every certificate of a host, ours before the user's own. Pure: the same arguments give the same list. Empty when easyCerts is off. */
export function resolveCertificates(config: ClusterConfig, host: HostRecord, paths: Paths): readonly CertificateSpec[] {
  if (!config.easyCerts) return [];
  const context: ListContext = { config, host };
  const ours = certificateList
    .filter((entry) => isNeeded(entry, context))
    .map((entry) => specOf(entry, context, paths));
  return deepFreeze([...ours, ...resolveOwnCertificates(config, host, paths)]);
}

/** The directory of the set of a certificate of ours, whether or not this host has it. */
export function directoryOf(name: string, paths: Paths): string {
  const entry = certificateList.find((candidate) => candidate.name === name);
  return entry?.directory?.(paths) ?? `${paths.secrets}/${name}`;
}

function isNeeded({ neededBy }: CertificateEntry, { config, host }: ListContext): boolean {
  switch (neededBy) {
    case 'host':
      return true;
    case 'master':
      return host.roles.includes('master');
    case 'cfssl':
      return host.roles.includes('master') && config.pki.cfssl.enable;
    default:
      return isOnlyNode(host) ? componentsOfRole.node.includes(neededBy) : config[neededBy].enable;
  }
}

/** A host that joined: what it runs follows from its role, not from the master's own components. */
function isOnlyNode({ roles }: HostRecord): boolean {
  return roles.includes('node') && !roles.includes('master');
}

function specOf(entry: CertificateEntry, context: ListContext, paths: Paths): CertificateSpec {
  return {
    name: entry.name,
    authority: entry.authority,
    subject: entry.subject(context),
    alternativeNames: alternativeNamesOf(entry.names?.(context) ?? []),
    usages: entry.usages,
    keyAlgorithm: context.config.pki.keyAlgorithm,
    validityS: context.config.pki.validity,
    directory: directoryOf(entry.name, paths),
    owner: entry.owner,
    group: entry.owner,
    keyMode: 0o600,
    usedBy: entry.usedBy,
  };
}
