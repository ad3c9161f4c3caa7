/**
 * Commands of a host, typed on a developer's machine: `easycerts ca list` means the cluster that runs in `.easycerts`, since the
 * machine itself is no host of any. Pure.
 */

import { readInvocation } from './invocation.ts';

export interface HostCommandFacts {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Commands that act on the host they run on. */
  readonly hostCommands: readonly string[];
  /** Whether the machine is a host itself: its /etc/easycerts/cluster.yaml exists. */
  readonly isHost: boolean;
}

/** Whether a command line is to be run in the developer's cluster, if there is one. */
export function isForCluster({ argv, env, hostCommands, isHost }: HostCommandFacts): boolean {
  if (isHost || env.container === 'easycerts') return false;
  if (env.EASYCERTS_ROOT !== undefined || env.EASYCERTS_CONFIG !== undefined) return false;
  const words = argv.slice(2);
  if (words.some((word) => /^(--root|--config|--help)(=|$)|^-h$/.test(word))) return false;
  return readInvocation(argv, { links: {}, commands: hostCommands }).kind === 'word';
}
