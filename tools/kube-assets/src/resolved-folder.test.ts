import assert from 'node:assert/strict';
import { appendFile, lstat, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CacheDirs, cacheDirs } from './cache-dirs.ts';
import { resolveFolder } from './resolved-folder.ts';
import { temporaryFolder } from './testing.ts';

async function machine(t: TestContext): Promise<{ root: string; dirs: CacheDirs }> {
  const root = await temporaryFolder(t);
  const dirs = cacheDirs({ HOME: root }, '1');
  await mkdir(dirs.bin, { recursive: true });
  for (const path of [join(dirs.bin, 'etcd'), join(root, 'kubectl-1.36')]) await writeFile(path, 'x', { mode: 0o755 });
  await symlink(join(root, 'kubectl-1.36'), join(root, 'kubectl'));
  return { root, dirs };
}

test("programs that are all in the cache stay in the cache's own folder", async (t) => {
  const { dirs } = await machine(t);
  const folder = await resolveFolder(new Map([['etcd', join(dirs.bin, 'etcd')]]), dirs);
  assert.deepEqual(folder, { binDir: dirs.bin, imagesDir: dirs.images });
});

test('programs from several places come together as files that work inside a mount', async (t) => {
  const { root, dirs } = await machine(t);
  const sources = new Map([
    ['etcd', join(dirs.bin, 'etcd')],
    ['kubectl', join(root, 'kubectl')],
  ]);
  const { binDir } = await resolveFolder(sources, dirs);
  assert.notEqual(binDir, dirs.bin);
  assert.deepEqual((await readdir(binDir)).sort(), ['etcd', 'kubectl']);
  assert.ok((await lstat(join(binDir, 'kubectl'))).isFile());
  assert.equal((await resolveFolder(sources, dirs)).binDir, binDir, 'the same again');
  await appendFile(join(root, 'kubectl-1.36'), 'changed');
  assert.notEqual((await resolveFolder(sources, dirs)).binDir, binDir, 'another after a change');
});
