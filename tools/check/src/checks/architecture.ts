/** The rules of the architecture and the freshness of what is generated. */

import { checkBoundaries } from '@easycerts/check-boundaries';
import { generateAll, interfaceProblems, staleFiles } from '@easycerts/generate';
import type { CheckDefinition } from '../check-definition.ts';

export const boundaries: CheckDefinition = {
  name: 'boundaries between packages',
  cure: 'docs/architecture.md says who may import whom',
  run: async ({ root }) =>
    (await checkBoundaries(root)).map(({ where, rule, message }) => `${where}: ${message} (${rule})`),
};

export const generated: CheckDefinition = {
  name: 'generated files are fresh',
  cure: 'npm run generate',
  run: async ({ root }) => (await staleFiles(root, await generateAll(root))).map(({ path, is }) => `${path}: ${is}`),
};

export const interfaces: CheckDefinition = {
  name: 'interfaces keep what was released',
  cure: 'put back what is gone; only adding is allowed (CONTRIBUTING.md, "Interfaces")',
  run: ({ root }) => interfaceProblems(root),
};
