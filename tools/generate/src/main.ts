/** `npm run generate`: writes every generated file. `-- --release [--force]`: keeps the interfaces of today as released. */

import { parseArgs } from 'node:util';
import { freshen, generateAll } from './generated-files.ts';
import { release } from './release.ts';
import { workspaceRoot } from './workspace.ts';

const { values } = parseArgs({ options: { release: { type: 'boolean' }, force: { type: 'boolean' } } });

const written = await freshen(workspaceRoot, await generateAll(workspaceRoot));
for (const { path, is } of written) process.stdout.write(`${is === 'left over' ? 'removed' : 'written'}  ${path}\n`);
process.stdout.write(written.length === 0 ? 'everything was fresh\n' : `${written.length} files brought up to date\n`);

if (values.release === true) {
  const problems = await release(workspaceRoot, values.force === true);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) {
    process.stderr.write('not released: readers of the last release would break (see CONTRIBUTING.md, "Interfaces")\n');
    process.exitCode = 1;
  } else {
    process.stdout.write('events and gRPC are kept in vectors/ as released\n');
  }
}
