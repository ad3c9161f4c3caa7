/** What can be called and with which options, asked of the sources themselves. */

import { join } from 'node:path';
import type { DescribedPrograms } from './core/package-content.ts';
import { repository } from './package-texts.ts';
import { runCommand } from './run-command.ts';

/** Runs `easycerts describe` under this Node.js. */
export async function describePrograms(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}): Promise<DescribedPrograms> {
  const main = join(repository, 'apps/easycerts/src/main.ts');
  return JSON.parse(await runCommand(process.execPath, [main, 'describe'], options));
}
