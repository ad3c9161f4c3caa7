/** `easycerts exec -- cmd…`: runs a command inside the sandbox. */

import { Command } from 'commander';
import { type DataOption, dataDirectoryOf, dataOption } from './data-option.ts';

/** Loads what it needs only when it runs. */
export function command(): Command {
  return new Command('exec')
    .description('run a command inside the sandbox: easycerts exec -- kubectl get pods -A')
    .addOption(dataOption())
    .argument('<command...>', 'program and arguments, after --')
    .passThroughOptions()
    .action(async (words: readonly string[], flags: DataOption) => {
      const { execInside, requireSandbox } = await import('../edge/inside.ts');
      process.exitCode = await execInside(requireSandbox(dataDirectoryOf(flags)), words);
    });
}
