/** `easycerts completion <shell>`: the script that completes our commands. */

import { Argument, Command } from 'commander';

const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function command(): Command {
  return new Command('completion')
    .description('print the completion script of a shell: source <(easycerts completion bash)')
    .addArgument(new Argument('<shell>').choices(shells))
    .action(async (shell: Shell) => {
      const [{ completionScript }, { wholeProgram }] = await Promise.all([
        import('@easycerts/runtime'),
        import('../program.ts'),
      ]);
      process.stdout.write(completionScript(await wholeProgram(), shell));
    });
}
