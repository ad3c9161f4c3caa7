/** `node tools/run.mjs typecheck <folder>…`: the types of some packages only, for nx. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workspaceRoot } from '@easycerts/generate';
import { runCommand } from './run-command.ts';

const folders = process.argv.slice(2);
// Inside the workspace, for types are looked up from where the configuration lies.
const place = await mkdtemp(join(workspaceRoot, 'node_modules/.easycerts-typecheck-'));
try {
  const config = join(place, 'tsconfig.json');
  const include = folders.flatMap((folder) =>
    // Plain JavaScript is checked where the workspace's configuration does it, too.
    (folder.startsWith('tools/') ? ['ts', 'mjs'] : ['ts']).map((end) => join(workspaceRoot, folder, `**/*.${end}`)),
  );
  const exclude = [join(workspaceRoot, '**/node_modules')];
  await writeFile(config, JSON.stringify({ extends: join(workspaceRoot, 'tsconfig.json'), include, exclude }));
  const tsc = join(workspaceRoot, 'node_modules/.bin/tsc');
  const { exitCode, output } = await runCommand(tsc, ['-p', config, '--pretty', 'false'], workspaceRoot);
  process.stdout.write(output);
  // 18003: a folder without source files has no wrong types.
  process.exitCode = output.includes('TS18003') ? 0 : exitCode;
} finally {
  await rm(place, { recursive: true, force: true });
}
