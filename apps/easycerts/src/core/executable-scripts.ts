/** The scripts that the executable has in it (docs/adr/0021). Pure. */

import { basename } from 'node:path';
import { isCommand } from './command-words.ts';
import { links } from './invocation.ts';

/** What has every command. */
const whole = 'easycerts';

/** Services with a script of their own: what others need they would hold in memory for nothing. */
const alone = {
  agent: ['agent'],
  ca: ['ca', 'run'],
  'addon-manager': ['addon-manager', 'run'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ScriptName = typeof whole | keyof typeof alone;

/** The script for a command line (`[program, link, …words]`), as our units write it: by no other name of the program. */
export function scriptFor(argv: readonly string[]): ScriptName {
  if (Object.hasOwn(links, basename(argv[1] ?? ''))) return whole;
  const words = argv.slice(2);
  const names = Object.keys(alone) as readonly (keyof typeof alone)[];
  return names.find((name) => isCommand(words, alone[name])) ?? whole;
}
