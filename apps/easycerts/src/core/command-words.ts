/** The words of a command line, whatever name the executable was called by. Pure. */

import { basename } from 'node:path';
import { type Links, links } from './invocation.ts';

/** Of `[program, link, …words]`: `['joiner', 'run']` for `joiner run` and `easycerts joiner run`. */
export function commandWords(argv: readonly string[]): readonly string[] {
  const called = basename(argv[1] ?? '');
  const path = Object.hasOwn(links, called) ? ((links as Links)[called] ?? []) : [];
  return [...path, ...argv.slice(2)];
}

/** Whether the line begins with these words, as those of our units do: without options before the command. */
export function isCommand(words: readonly string[], command: readonly string[]): boolean {
  return command.every((word, index) => words[index] === word);
}
