import assert from 'node:assert/strict';
import test from 'node:test';
import { licenceProblems } from './licences.ts';

function problemsOf(entry: object): readonly string[] {
  const packages = { '': { license: 'none' }, 'node_modules/x': { integrity: 'sha512-a', ...entry } };
  return licenceProblems({ tree: [{ path: 'package-lock.json', text: JSON.stringify({ packages }) }] });
}

for (const license of ['MIT', 'MIT OR GPL-3.0-only', '(Apache-2.0 AND BSD-3-Clause)', 'BlueOak-1.0.0']) {
  test(`${license} is fine`, () => assert.deepEqual(problemsOf({ license }), []));
}

for (const license of ['GPL-3.0-only', 'MIT AND AGPL-3.0-only', 'SEE LICENSE IN EULA.txt', 'BUSL-1.1']) {
  test(`${license} is not`, () => assert.deepEqual(problemsOf({ license }), [`x: ${license}`]));
}

test('a package without a licence is not fine', () => assert.deepEqual(problemsOf({}), ['x: no licence']));

test('our own packages and those that are never downloaded need none', () => {
  assert.deepEqual(problemsOf({ link: true }), []);
  assert.deepEqual(problemsOf({ integrity: undefined }), []);
});
