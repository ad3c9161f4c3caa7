import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findSuites } from './find-suites.ts';

describe('findSuites', () => {
  let root = '';
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'easycerts-e2e-'));
    for (const path of ['b/02-x.ts', 'b/01-y.ts', 'b/README.md', 'b/helper.ts', 'a/01-z.ts', 'one-machine/01-s.ts']) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), '');
    }
  });
  after(() => rmSync(root, { recursive: true }));

  test('finds the numbered steps of every suite in their order, the main suite first', () => {
    const found = findSuites(root, []).map(({ name, steps }) => [
      name,
      steps.map((path) => path.slice(root.length + 1)),
    ]);
    assert.deepEqual(found, [
      ['one-machine', ['one-machine/01-s.ts']],
      ['a', ['a/01-z.ts']],
      ['b', ['b/01-y.ts', 'b/02-x.ts']],
    ]);
  });

  test('takes the suites that are asked for', () => {
    assert.deepEqual(
      findSuites(root, ['b']).map(({ name }) => name),
      ['b'],
    );
  });

  test('a name that is no suite is an error that names those that are', () => {
    assert.throws(() => findSuites(root, ['c']), /no suite c; there are one-machine, a, b/);
  });
});
