/** The scripts that the executable has in it (docs/adr/0021). Pure. */

import { commandWords, isCommand } from './command-words.ts';

/** What has every command. */
const whole = 'easycerts';

/** Services with a script of their own: what others need they would hold in memory for nothing. */
const alone = {
  agent: ['agent'],
  'addon-manager': ['addon-manager', 'run'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ScriptName = typeof whole | keyof typeof alone;

/** The script for a command line (`[program, link, …words]`). */
export function scriptFor(argv: readonly string[]): ScriptName {
  const words = commandWords(argv);
  const names = Object.keys(alone) as readonly (keyof typeof alone)[];
  return names.find((name) => isCommand(words, alone[name])) ?? whole;
}
