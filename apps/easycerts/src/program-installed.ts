/** The command line of an installed host: the services and what looks at them. */

import type { Command } from 'commander';
import { linkedProgram, programFor as programOf, wholeProgram as wholeOf } from './build-program.ts';
import type { CommandSources } from './command-source.ts';
import { installedCommands, services } from './command-source.ts';
import { links } from './core/invocation.ts';

const sources: CommandSources = { ...installedCommands(wholeProgram), ...services };

/** The program for a command line. */
export function programFor(argv: readonly string[]): Promise<Command> {
  return programOf(argv, sources);
}

/** Everything, for completions. */
export function wholeProgram(): Promise<Command> {
  return wholeOf(sources);
}

/** Every name that can be called, with its program; the executable's own name first. */
export async function installedPrograms(): Promise<readonly { readonly name: string; readonly program: Command }[]> {
  const linked = Object.entries(links).map(async ([name, path]) => ({
    name,
    program: await linkedProgram(path, sources),
  }));
  return [{ name: 'easycerts', program: await wholeProgram() }, ...(await Promise.all(linked))];
}
