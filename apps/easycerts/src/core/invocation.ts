/** Which command a command line means: the name we were called by (a symbolic link), or the first word. Pure. */

import { basename } from 'node:path';

export interface Invocation {
  /** `link`: the whole program is that command. `word`: it is a command of ours. `none`: help, a wrong word, nothing. */
  readonly kind: 'link' | 'word' | 'none';
  readonly command?: string;
}

/**
 * Reads argv (`[node, script, …words]`, in a single executable `[program, link, …words]`). `links`: commands that we may be
 * called by; `commands`: all. Options may stand before the command; the values of those in `valueOptions` are skipped too.
 */
export function readInvocation(
  argv: readonly string[],
  { links, commands }: { readonly links: readonly string[]; readonly commands: readonly string[] },
  valueOptions: readonly string[] = ['--root', '--config', '--log-level'],
): Invocation {
  const called = basename(argv[1] ?? '');
  if (links.includes(called)) return { kind: 'link', command: called };
  const word = firstWord(argv.slice(2), valueOptions);
  return word !== undefined && commands.includes(word) ? { kind: 'word', command: word } : { kind: 'none' };
}

function firstWord(words: readonly string[], valueOptions: readonly string[]): string | undefined {
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (word === undefined || word === '--') return undefined;
    if (!word.startsWith('-')) return word;
    if (valueOptions.includes(word)) index++;
  }
  return undefined;
}
