import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { findTestFiles } from './find-test-files.ts';

const tree = [
  'libs/shared/core/src/time.test.ts',
  'libs/shared/core/src/time.ts',
  'apps/ca/test/sign.int.test.ts',
  'apps/ca/node_modules/other/x.test.ts',
  'apps/e2e/src/run.test.ts',
  'apps/e2e/suites/one-machine/steps.test.ts',
  'apps/web/src/index.ts',
  'tools/check/src/check.test.ts',
];

test('without patterns all tests are meant, but for the end-to-end suites and what is installed', async (t) => {
  const { files } = await findTestFiles(await makeTree(t), []);
  assert.deepEqual(files, [
    'apps/ca/test/sign.int.test.ts',
    'apps/e2e/src/run.test.ts',
    'libs/shared/core/src/time.test.ts',
    'tools/check/src/check.test.ts',
  ]);
});

const rows: readonly [
  name: string,
  patterns: readonly string[],
  files: readonly string[],
  unknown: readonly string[],
][] = [
  ['a folder means all tests in it', ['libs/shared'], ['libs/shared/core/src/time.test.ts'], []],
  ['a folder may have a slash at its end', ['apps/ca/'], ['apps/ca/test/sign.int.test.ts'], []],
  ['a file means itself', ['./tools/check/src/check.test.ts'], ['tools/check/src/check.test.ts'], []],
  ['a glob means what it matches', ['apps/**/*.int.test.ts'], ['apps/ca/test/sign.int.test.ts'], []],
  ['a folder without tests is nothing wrong', ['apps/web'], [], []],
  ['a word that means nothing is told', ['sign'], [], ['sign']],
  [
    'a file named twice is run once',
    ['apps/ca', 'apps/**'],
    ['apps/ca/test/sign.int.test.ts', 'apps/e2e/src/run.test.ts'],
    [],
  ],
];

for (const [name, patterns, files, unknown] of rows) {
  test(name, async (t) => {
    const found = await findTestFiles(await makeTree(t), patterns);
    assert.deepEqual(
      found.files.filter((file) => file.endsWith('.test.ts')),
      files,
    );
    assert.deepEqual(found.unknown, unknown);
  });
}

async function makeTree(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'easycerts-run-tests-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const path of tree) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
  return root;
}
