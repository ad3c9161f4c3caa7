/** The command line made of its commands, with only those parts loaded that are asked for. */

import { AppError } from '@easycerts/core';
import { Command } from 'commander';
import packageFacts from '../package.json' with { type: 'json' };
import type { CommandSource, CommandSources } from './command-source.ts';
import { services } from './command-source.ts';
import { links, readInvocation } from './core/invocation.ts';
import { newProgram } from './new-program.ts';

/** The program for a command line, out of `sources`. */
export async function programFor(argv: readonly string[], sources: CommandSources): Promise<Command> {
  const invocation = readInvocation(argv, { links, commands: Object.keys(sources) });
  switch (invocation.kind) {
    case 'link':
      return linkedProgram(invocation.path, sources);
    case 'word':
      return newProgram().addCommand(await loadedCommand(invocation.command, sources));
    case 'none':
      return assemble(sources, describe);
    default:
      return invocation satisfies never;
  }
}

/** Everything, for completions and documents. */
export function wholeProgram(sources: CommandSources): Promise<Command> {
  return assemble(sources, async ({ load }) => (await load()).command());
}

/** The command at `path` as a program of its own. */
export async function linkedProgram(path: readonly string[], sources: CommandSources): Promise<Command> {
  const [first = '', ...rest] = path;
  let command = await loadedCommand(first, sources);
  for (const name of rest) {
    const child = command.commands.find((one) => one.name() === name);
    if (child === undefined) throw new AppError('INTERNAL', `there is no command ${path.join(' ')}`);
    command = child;
  }
  command.parent = null;
  return command.version(packageFacts.version, '--version');
}

async function loadedCommand(name: string, sources: CommandSources): Promise<Command> {
  const source = sources[name];
  if (source === undefined) throw new AppError('INTERNAL', `there is no command ${name}`);
  return (await source.load()).command();
}

async function describe({ description, load }: CommandSource, name: string): Promise<Command> {
  return description === undefined ? (await load()).command() : new Command(name).description(description);
}

async function assemble(
  sources: CommandSources,
  commandOf: (source: CommandSource, name: string) => Promise<Command>,
): Promise<Command> {
  const whole = newProgram();
  for (const [name, source] of Object.entries(sources)) {
    const command = await commandOf(source, name);
    whole.addCommand(name in services ? command.helpGroup('Services:') : command, { hidden: source.isHidden === true });
  }
  return whole;
}
