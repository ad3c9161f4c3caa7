/** What one check is. */

import type { TreeFile } from './source-tree.ts';

export interface CheckInput {
  readonly root: string;
  readonly tree: readonly TreeFile[];
}

export interface CheckDefinition {
  readonly name: string;
  /** One line a problem, with the place; empty when all is well. */
  readonly run: (input: CheckInput) => Promise<readonly string[]> | readonly string[];
  /** What to do about its problems. */
  readonly cure: string;
}
