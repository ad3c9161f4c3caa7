import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readTree } from './source-tree.ts';

test('the tree is what git tracks or would add: texts only, nothing that is ignored or deleted', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'easycerts-tree-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const write = (path: string, content: string): Promise<void> => writeFile(join(root, path), content);
  execFileSync('git', ['init', '--quiet'], { cwd: root });
  await write('.gitignore', 'ignored.ts\n');
  for (const path of ['tracked.ts', 'gone.ts', 'ignored.ts', 'new.ts']) await write(path, path);
  await write('binary.bin', 'a\0b');
  await symlink('/etc', join(root, 'folder'));
  execFileSync('git', ['add', 'tracked.ts', 'gone.ts', 'binary.bin', 'folder'], { cwd: root });
  await rm(join(root, 'gone.ts'));
  assert.deepEqual(
    (await readTree(root)).map(({ path }) => path),
    ['.gitignore', 'new.ts', 'tracked.ts'],
  );
});

test('a folder without git is an error, not an empty tree', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'easycerts-tree-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await assert.rejects(readTree(root), /git ls-files failed/);
});
