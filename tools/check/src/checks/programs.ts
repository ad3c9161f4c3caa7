/** Checks that other programs do: the compiler and the formatter. */

import { join } from 'node:path';
import type { CheckDefinition } from '../check-definition.ts';
import { linesOf, runCommand } from '../run-command.ts';

export const types: CheckDefinition = {
  name: 'types (tsc)',
  cure: 'mend the types',
  run: ({ root }) => problemsOf(root, 'tsc', ['-p', 'tsconfig.json', '--pretty', 'false']),
};

export const formatAndLint: CheckDefinition = {
  name: 'format and lint (biome)',
  cure: 'npm run format mends most of it',
  run: ({ root }) =>
    problemsOf(root, 'biome', ['check', '--colors=off', '--max-diagnostics=200', '--reporter=concise', '.']),
};

async function problemsOf(root: string, program: string, args: readonly string[]): Promise<readonly string[]> {
  const { exitCode, output } = await runCommand(join(root, 'node_modules/.bin', program), args, root);
  if (exitCode === 0) return [];
  const lines = linesOf(output);
  return lines.length > 0 ? lines : [`${program} ended with exit code ${exitCode}`];
}
