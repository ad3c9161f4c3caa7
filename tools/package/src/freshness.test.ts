import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { digestOf, freshDigest, stampPackage } from './freshness.ts';

async function packageFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'freshness-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'x.deb');
  await writeFile(path, 'content');
  return path;
}

test('a package is fresh when it was made of the same', async (t) => {
  const path = await packageFile(t);
  const sha256 = await stampPackage(path, digestOf(['a']));
  assert.equal(await freshDigest(path, digestOf(['a'])), sha256);
});

test('it is not when anything that it is made of differs', async (t) => {
  const path = await packageFile(t);
  await stampPackage(path, digestOf(['a']));
  assert.equal(await freshDigest(path, digestOf(['b'])), undefined);
});

test('a package that was changed, cut or removed is not fresh', async (t) => {
  const path = await packageFile(t);
  await stampPackage(path, digestOf(['a']));
  await appendFile(path, 'x');
  assert.equal(await freshDigest(path, digestOf(['a'])), undefined);
  await rm(path);
  assert.equal(await freshDigest(path, digestOf(['a'])), undefined);
});

test('a stamp that cannot be read is none', async (t) => {
  const path = await packageFile(t);
  await stampPackage(path, digestOf(['a']));
  await writeFile(`${path}.made-of.json`, '{');
  assert.equal(await freshDigest(path, digestOf(['a'])), undefined);
});
