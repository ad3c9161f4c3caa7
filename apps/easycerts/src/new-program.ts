/** The command line before it has commands. */

import { Command } from 'commander';
import packageFacts from '../package.json' with { type: 'json' };

export function newProgram(): Command {
  return new Command('easycerts')
    .description('a secure Kubernetes cluster whose certificates keep themselves')
    .version(packageFacts.version, '--version')
    .enablePositionalOptions();
}
