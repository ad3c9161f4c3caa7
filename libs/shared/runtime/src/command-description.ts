/** A command in plain data, as its help shows it: for manual pages and other documents. */

import type { Command } from 'commander';
import { addGlobalOptions } from './command-context.ts';

export interface DescribedTerm {
  /** As typed: `--limit <number>`, `serial`. */
  readonly term: string;
  readonly description: string;
}

export interface DescribedOption extends DescribedTerm {
  /** Heading of the help under which it stands; undefined for the command's own options. */
  readonly group: string | undefined;
  /** The environment variable that gives its value. */
  readonly env: string | undefined;
}

export interface CommandDescription {
  /** How it is called: `['ca', 'list']`. */
  readonly path: readonly string[];
  readonly description: string;
  /** What stands behind its name: `[options] <serial>`. */
  readonly usage: string;
  readonly arguments: readonly DescribedTerm[];
  readonly options: readonly DescribedOption[];
  readonly commands: readonly CommandDescription[];
}

/** Describes a program with the options that every command takes. Hidden commands and options are left out. */
export function describeCommand(program: Command): CommandDescription {
  return descriptionOf(addGlobalOptions(program), [program.name()]);
}

function descriptionOf(command: Command, path: readonly string[]): CommandDescription {
  const help = command.createHelp();
  // the command `help` says nothing that the page doesn't
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  return {
    path,
    description: command.description(),
    usage: command.usage(),
    arguments: help.visibleArguments(command).map((argument) => ({
      term: help.argumentTerm(argument),
      description: help.argumentDescription(argument),
    })),
    options: help.visibleOptions(command).map((option) => ({
      term: help.optionTerm(option),
      description: help.optionDescription(option),
      group: option.helpGroupHeading,
      env: option.envVar,
    })),
    commands: children.map((child) => descriptionOf(child, [...path, child.name()])),
  };
}
