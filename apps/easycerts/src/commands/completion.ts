/** `easycerts completion <shell>`: the script that completes our commands. */

import { Argument, Command } from 'commander';

const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** `whole` makes the program that is completed. */
export function command(whole: () => Promise<Command>): Command {
  return new Command('completion')
    .description('print the completion script of a shell: source <(easycerts completion bash)')
    .addArgument(new Argument('<shell>').choices(shells))
    .action(async (shell: Shell) => {
      const { completionScript } = await import('@easycerts/runtime');
      process.stdout.write(completionScript(await whole(), shell));
    });
}
