/** The suites there are: folders of numbered steps. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Suite {
  readonly name: string;
  /** Paths of its steps, in their order. */
  readonly steps: readonly string[];
}

/** Every suite below `root`, in the order of `names` when some are asked for. Throws for a name that is none. */
export function findSuites(root: string, names: readonly string[]): readonly Suite[] {
  const all = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const known = all.map(({ name }) => name).sort(byOrder);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no suite ${unknown.join(', ')}; there are ${known.join(', ')}`);
  return (names.length === 0 ? known : names).map((name) => ({ name, steps: stepsOf(join(root, name)) }));
}

/** The main job first. */
function byOrder(left: string, right: string): number {
  const rank = (name: string): number => (name === 'one-machine' ? 0 : 1);
  return rank(left) - rank(right) || left.localeCompare(right);
}

function stepsOf(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => /^\d\d-.*\.ts$/.test(name));
  return names.sort().map((name) => join(folder, name));
}
