/** Completion scripts for the shells, made from the commands themselves: a new option is completed without further ado. */

import type { Command } from 'commander';
import { addGlobalOptions } from './command-context.ts';
import { bashScript } from './completion/bash.ts';
import { completionNodes } from './completion/completion-tree.ts';
import { fishScript } from './completion/fish.ts';
import { zshScript } from './completion/zsh.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const scriptOf = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** The script that completes `program` in a shell, with the options that every command takes. */
export function completionScript(program: Command, shell: Shell): string {
  return scriptOf[shell](completionNodes(addGlobalOptions(program)));
}
