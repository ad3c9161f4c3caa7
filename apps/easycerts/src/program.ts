/** The command line in a checkout: what a host has, and the developers' cluster. */

import type { Command } from 'commander';
import { programFor as programOf, wholeProgram as wholeOf } from './build-program.ts';
import type { CommandSources } from './command-source.ts';
import { installedCommands, services } from './command-source.ts';

/** In the order of the help; their files load what is heavy only when they run. */
const sources: CommandSources = {
  up: { load: () => import('./commands/up.ts') },
  down: { load: () => import('./commands/down.ts') },
  reset: { load: () => import('./commands/reset.ts') },
  status: { load: () => import('./commands/status.ts') },
  exec: { load: () => import('./commands/exec.ts') },
  shell: { load: () => import('./commands/shell.ts') },
  ...installedCommands(wholeProgram),
  prepare: { load: () => import('./commands/prepare.ts'), isHidden: true },
  supervise: { load: () => import('./commands/supervise.ts'), isHidden: true },
  describe: { load: () => import('./commands/describe.ts'), isHidden: true },
  ...services,
};

/** Commands that act on the host they run on. */
export const hostCommands: readonly string[] = [...Object.keys(services), 'events'];

/** The program for a command line. */
export function programFor(argv: readonly string[]): Promise<Command> {
  return programOf(argv, sources);
}

/** Everything, for completions. */
export function wholeProgram(): Promise<Command> {
  return wholeOf(sources);
}
