/** What a shell has to know to complete a command line: plain data, from the commands that commander knows. */

import type { Command, Option } from 'commander';

/** What may stand where a value is wanted. */
export type CompletionValue =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'file' | 'directory' | 'unknown' };

export interface CompletionOption {
  /** `--config`, `-c`: as typed. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Undefined for a flag without a value. */
  readonly value: CompletionValue | undefined;
}

/** One command: `path` is how it is called, `['easycerts', 'ca', 'show']`. */
export interface CompletionNode {
  readonly path: readonly string[];
  readonly description: string;
  /** Names and aliases of the commands below. */
  readonly commands: readonly {
    readonly name: string;
    readonly description: string;
    readonly path: readonly string[];
  }[];
  readonly options: readonly CompletionOption[];
  /** In order; the last one again and again when `isLastRepeated`. */
  readonly arguments: readonly CompletionValue[];
  readonly isLastRepeated: boolean;
}

/** Every command of a program, the program itself first. Hidden commands and options are left out. */
export function completionNodes(program: Command): readonly CompletionNode[] {
  return nodesOf(program, [program.name()]);
}

function nodesOf(command: Command, path: readonly string[]): readonly CompletionNode[] {
  const help = command.createHelp();
  const children = help.visibleCommands(command).filter((child) => isWord(child.name()));
  const node: CompletionNode = {
    path,
    description: oneLine(command.description()),
    commands: children.flatMap((child) =>
      [child.name(), ...child.aliases().filter(isWord)].map((name) => ({
        name,
        description: oneLine(child.summary() || child.description()),
        path: [...path, child.name()],
      })),
    ),
    options: help.visibleOptions(command).map(optionOf),
    arguments: command.registeredArguments.map((one) => wantedBy(one.argChoices, one.name())),
    isLastRepeated: command.registeredArguments.at(-1)?.variadic ?? false,
  };
  return [node, ...children.flatMap((child) => nodesOf(child, [...path, child.name()]))];
}

function optionOf(option: Option): CompletionOption {
  const valueName = /[<[]([^>\].]+)/.exec(option.flags)?.[1];
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined).filter((flag) => /^--?[\w-]+$/.test(flag)),
    description: oneLine(option.description),
    value: option.required && valueName !== undefined ? wantedBy(option.argChoices, valueName) : undefined,
  };
}

/** Choices where there are any; else by the name of the value: `<file>`, `<dir>`. */
function wantedBy(choices: readonly string[] | undefined, name: string): CompletionValue {
  if (choices !== undefined) return { kind: 'words', words: choices.filter(isWord) };
  if (/^(.*-)?(dir|directory|folder|root)$/.test(name)) return { kind: 'directory' };
  return { kind: /^(.*-)?(file|files|path|paths)$/.test(name) ? 'file' : 'unknown' };
}

/** Words that no shell takes for anything else; others are not offered, for a shell would run what is in them. */
function isWord(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._/@+-]*$/.test(text);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
