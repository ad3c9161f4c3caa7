/** Who a host or an automation is: the subject of its certificate, and back. */

import type { SubjectName } from './certificate-spec.ts';
import type { Role } from './component-name.ts';
import { isHostName } from './config/option-types.ts';

export const mastersOrganization = 'easycerts:masters';
export const nodesOrganization = 'easycerts:nodes';
/** Of programs that read events: an identity on the bus, never of a host. */
export const automationOrganization = 'easycerts:automation';

export interface HostIdentity {
  readonly name: string;
  readonly role: Role;
}

/** The subject of a host's identity; a host with both roles is a master. */
export function hostIdentitySubject(name: string, roles: readonly Role[]): SubjectName {
  return { commonName: name, organizations: [roles.includes('master') ? mastersOrganization : nodesOrganization] };
}

/** The host that a subject stands for; undefined for every subject that is not exactly a host identity's. */
export function identityOfSubject(subject: SubjectName): HostIdentity | undefined {
  const [organization, ...others] = subject.organizations;
  if (others.length > 0 || !isHostName(subject.commonName)) return undefined;
  if (organization === mastersOrganization) return { name: subject.commonName, role: 'master' };
  if (organization === nodesOrganization) return { name: subject.commonName, role: 'node' };
  return undefined;
}

/** The subject of the certificate of a program that reads events. */
export function automationSubject(name: string): SubjectName {
  return { commonName: name, organizations: [automationOrganization] };
}

/** The automation that a subject stands for; undefined for every other subject, those of hosts among them. */
export function automationOfSubject({ commonName, organizations }: SubjectName): string | undefined {
  const [organization, ...others] = organizations;
  return organization === automationOrganization && others.length === 0 && isHostName(commonName)
    ? commonName
    : undefined;
}
