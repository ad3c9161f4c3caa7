/** What everything of a group of hosts is called on the machine, so that it can be found by name when all else is lost. Pure. */

import { AppError } from '@easycerts/core';

export interface GroupNames {
  /** Its control group in every hierarchy; hosts have theirs below it. */
  readonly cgroup: string;
  /** Network namespace of the switch. */
  readonly switchNamespace: string;
  /** Network namespace of a host. */
  readonly hostNamespace: (host: string) => string;
  /** Where it is written down what was made: as short-lived as namespaces and control groups, gone when the machine restarts. */
  readonly record: string;
}

/** Records of all groups. */
export const recordsFolder = '/run/easycerts-hosts';

/** The names of a group. AppError INVALID_INPUT for one that could be mistaken or is too long. */
export function groupNames(group: string): GroupNames {
  checkName('group of hosts', group);
  return {
    cgroup: `easycerts-hosts-${group}`,
    switchNamespace: `ec.${group}`,
    hostNamespace: (host) => `ec.${group}.${host}`,
    record: `${recordsFolder}/${group}.json`,
  };
}

/** Whether a network namespace belongs to this group; no name holds a dot itself. */
export function isNamespaceOf(group: string, namespace: string): boolean {
  return namespace === `ec.${group}` || namespace.startsWith(`ec.${group}.`);
}

/** Names of hosts: each a host name (RFC 1123), each once. AppError INVALID_INPUT. */
export function checkHostNames(hosts: readonly string[]): void {
  for (const host of hosts) checkName('host', host);
  if (hosts.length > 0 && new Set(hosts).size === hosts.length) return;
  throw new AppError('INVALID_INPUT', `every host needs a name of its own: ${hosts.join(', ') || 'there is none'}`);
}

function checkName(what: string, name: string): void {
  if (/^[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$/.test(name)) return;
  throw new AppError('INVALID_INPUT', `${JSON.stringify(name)} is no name for a ${what}`, {
    details: { cure: 'use 1 to 24 lower-case letters, digits and hyphens, no hyphen at either end' },
  });
}
