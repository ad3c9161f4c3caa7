/** `npm run check`: everything that can be seen without running the product. Exit code 1 when something is wrong. */

import { workspaceRoot } from '@easycerts/generate';
import { checks } from './checks.ts';
import { runChecks } from './run-checks.ts';
import { readTree } from './source-tree.ts';

// The reader may have seen enough: `npm run check | head`.
process.stdout.on('error', () => process.exit(1));

const isFine = await runChecks(
  checks,
  { root: workspaceRoot, tree: await readTree(workspaceRoot) },
  { write: (line) => process.stdout.write(`${line}\n`), now: () => performance.now() },
);
process.exitCode = isFine ? 0 : 1;
