/** Which command a command line means: the name we were called by (a symbolic link), or the first word. Pure. */

import { basename } from 'node:path';

/** A link's name and the command it stands for. */
export type Links = Readonly<Record<string, readonly string[]>>;

/** THE list of names that the executable may be called by, each with the command that it then is. */
export const links = {
  ca: ['ca'],
  certmgr: ['certmgr'],
  'config-renderer': ['config-renderer'],
  joiner: ['joiner'],
  'nixos-kubernetes-node-join': ['joiner', 'nixos-kubernetes-node-join'],
} as const satisfies Links;

export type Invocation =
  /** Called through a link: the whole program is the command with this path. */
  | { readonly kind: 'link'; readonly path: readonly string[] }
  /** A command of ours. */
  | { readonly kind: 'word'; readonly command: string }
  /** Help, a wrong word, nothing. */
  | { readonly kind: 'none' };

/**
 * Reads argv (`[node, script, …words]`, in a single executable `[program, link, …words]`). `commands`: all that there are.
 * Options may stand before the command; the values of those in `valueOptions` are skipped too.
 */
export function readInvocation(
  argv: readonly string[],
  known: { readonly links: Links; readonly commands: readonly string[] },
  valueOptions: readonly string[] = ['--root', '--config', '--log-level'],
): Invocation {
  const called = basename(argv[1] ?? '');
  const path = Object.hasOwn(known.links, called) ? known.links[called] : undefined;
  if (path !== undefined) return { kind: 'link', path };
  const word = firstWord(argv.slice(2), valueOptions);
  return word !== undefined && known.commands.includes(word) ? { kind: 'word', command: word } : { kind: 'none' };
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
