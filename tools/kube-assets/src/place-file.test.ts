import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { linkOrCopy, placeFile, placeFolder, removeLeftovers, temporaryName } from './place-file.ts';
import { temporaryFolder } from './testing.ts';

test('a file is replaced whole', async (t) => {
  const path = join(await temporaryFolder(t), 'etcd');
  await writeFile(path, 'old');
  await writeFile(temporaryName(path), 'new');
  await placeFile(temporaryName(path), path);
  assert.equal(await readFile(path, 'utf8'), 'new');
});

test('the first folder stays when two runs made the same', async (t) => {
  const path = join(await temporaryFolder(t), 'runc');
  await mkdir(path);
  await writeFile(join(path, 'first'), '');
  await mkdir(temporaryName(path));
  await writeFile(join(temporaryName(path), 'second'), '');
  await placeFolder(temporaryName(path), path);
  assert.deepEqual(await readdir(path), ['first']);
  assert.deepEqual(await readdir(join(path, '..')), ['runc']);
});

test('leftovers of any run are removed, finished things stay', async (t) => {
  const folder = join(await temporaryFolder(t), 'bin');
  await removeLeftovers([folder]);
  await writeFile(join(folder, '.tmp-1-etcd'), '');
  await mkdir(join(folder, '.tmp-2-runc'));
  await writeFile(join(folder, 'etcd'), '');
  await removeLeftovers([folder]);
  assert.deepEqual(await readdir(folder), ['etcd']);
});

test('a program under a second name is the same file where it can be', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a'), 'x', { mode: 0o755 });
  await linkOrCopy(join(folder, 'a'), join(folder, 'b'));
  assert.equal((await stat(join(folder, 'a'))).ino, (await stat(join(folder, 'b'))).ino);
});

test('a second link to the file that is already there leaves no temporary name', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'runc');
  await writeFile(path, 'x');
  await linkOrCopy(path, temporaryName(path));
  await placeFile(temporaryName(path), path);
  assert.deepEqual(await readdir(folder), ['runc']);
});
