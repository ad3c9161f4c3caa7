/** `easycerts version`. */

import { contextOf } from '@easycerts/runtime';
import { Command } from 'commander';
import packageFacts from '../../package.json' with { type: 'json' };

/** Prints our version, and with `--json` also that of Node.js. */
export function command(): Command {
  return new Command('version').description('print the version').action((_options, self: Command) => {
    const facts = { version: packageFacts.version, node: process.versions.node };
    process.stdout.write(contextOf(self).isJson ? `${JSON.stringify(facts)}\n` : `easycerts ${facts.version}\n`);
  });
}
