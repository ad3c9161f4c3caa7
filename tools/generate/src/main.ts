/** `npm run generate`: writes every generated file. `-- --release [--force]`: keeps the interfaces of today as released. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { completeLock } from './complete-lock.ts';
import { freshen, generateAll } from './generated-files.ts';
import { release } from './release.ts';
import { workspaceRoot } from './workspace.ts';

const { values } = parseArgs({ options: { release: { type: 'boolean' }, force: { type: 'boolean' } } });

const lockPath = join(workspaceRoot, 'package-lock.json');
const lock = await readFile(lockPath, 'utf8');
if (completeLock(lock) !== lock) {
  await writeFile(lockPath, completeLock(lock));
  process.stdout.write('completed  package-lock.json\n');
}

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
