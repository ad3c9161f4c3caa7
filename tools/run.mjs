#!/usr/bin/env node
/**
 * What every npm script calls: `node tools/run.mjs <job> [arguments]`. Plain JavaScript for Node 20 and later, without
 * dependencies, for it runs before they are installed. It installs what is missing, finds a Node that runs TypeScript and
 * hands over to the job.
 */

import { versionProblem } from './bootstrap/node-version.mjs';

const problem = versionProblem(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
} else {
  // Only now: the other files use what an older Node does not have.
  import('./bootstrap/main.mjs').then(async ({ main }) => {
    process.exitCode = await main(process.argv.slice(2));
  });
}
