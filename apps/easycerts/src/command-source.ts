/** Where a command comes from: loaded only when it is asked for, since a daemon must not wait for the others to load. */

import type { Command } from 'commander';

export interface CommandSource {
  readonly load: () => Promise<{ readonly command: () => Command }>;
  /** For help, where loading the command itself would take long. */
  readonly description?: string;
  /** For our own processes: not in the help. */
  readonly isHidden?: true;
}

export type CommandSources = Readonly<Record<string, CommandSource>>;

/** The services: each is also the whole program when we are called by its name. */
export const services = {
  ca: { description: 'the certificate authority', load: () => import('@easycerts/ca') },
  certmgr: { description: 'keep the certificates of this host', load: () => import('@easycerts/certmgr') },
  'config-renderer': {
    description: 'turn cluster.yaml into the files of this host',
    load: () => import('@easycerts/config-renderer'),
  },
  joiner: {
    description: 'join this host to a cluster, run and restart its components',
    load: () => import('@easycerts/joiner'),
  },
  agent: {
    description: 'certmgr, config-renderer and joiner in one process: what runs on a node',
    load: () => import('./commands/agent.ts'),
  },
  'addon-manager': { description: 'keep addons applied', load: () => import('@easycerts/addon-manager') },
} as const satisfies CommandSources;

/** Commands of this package that an installed host has too. `whole` is the program that is completed. */
export function installedCommands(whole: () => Promise<Command>): CommandSources {
  return {
    events: { load: () => import('./commands/events.ts') },
    completion: {
      load: async () => {
        const { command } = await import('./commands/completion.ts');
        return { command: () => command(whole) };
      },
    },
    version: { load: () => import('./commands/version.ts') },
  };
}
