/** `easycerts describe` (hidden): the installed commands as data, for those who make manual pages and packages of them. */

import { Command } from 'commander';
import packageFacts from '../../package.json' with { type: 'json' };

/** Prints one JSON document. */
export function command(): Command {
  return new Command('describe').description('print the installed commands as JSON').action(async () => {
    const [{ completionScript, describeCommand, shells }, { installedPrograms }] = await Promise.all([
      import('@easycerts/runtime'),
      import('../program-installed.ts'),
    ]);
    const programs = (await installedPrograms()).map(({ name, program }) => ({
      name,
      command: describeCommand(program),
      completions: Object.fromEntries(shells.map((shell) => [shell, completionScript(program, shell)])),
    }));
    process.stdout.write(`${JSON.stringify({ version: packageFacts.version, programs })}\n`);
  });
}
