/** The rules of the architecture (docs/architecture.md), in the order in which they are reported. */

import { readPackages } from './read-packages.ts';
import { readSources } from './read-sources.ts';
import { fileCycles, packageCycles } from './rules/cycles.ts';
import { declaredDependencies, usedDependencies } from './rules/declared-dependencies.ts';
import { doors } from './rules/doors.ts';
import { layers, tagged } from './rules/layers.ts';
import { pureFolders } from './rules/pure-folders.ts';
import { restrictedPackages } from './rules/restricted-packages.ts';
import type { Rule, Violation } from './workspace.ts';

export const rules: readonly Rule[] = [
  tagged,
  layers,
  doors,
  restrictedPackages,
  pureFolders,
  declaredDependencies,
  usedDependencies,
  packageCycles,
  fileCycles,
];

/** Every violation in the workspace at `root`; empty when all rules are kept. */
export async function checkBoundaries(root: string): Promise<readonly Violation[]> {
  const packages = readSources(root, await readPackages(root));
  return rules.flatMap((rule) => rule({ packages }));
}
