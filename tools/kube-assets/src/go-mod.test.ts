import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGoMod, parseGoMod, stagingReplaces } from './go-mod.ts';
import { readPinFiles } from './pins.ts';

test('our own part of a go.mod survives being written and read', () => {
  const goMod = {
    module: 'm',
    go: '1.26.0',
    requires: [{ path: 'a.b/c', version: '1.2.3' }],
    replaces: ['x => x v1.0.0 // why', 'y => y v1.0.0'],
  };
  assert.deepEqual(parseGoMod(formatGoMod(goMod)), goMod);
});

test('what others require is not our own', () => {
  const goMod = parseGoMod('module m\n\nrequire a v1.0.0\n\nrequire (\n\tb v1.0.0 // indirect\n\tc v2.0.0\n)\n');
  assert.deepEqual(
    goMod.requires.map((one) => one.path),
    ['a', 'c'],
  );
});

test('only the staging modules are replaced, by their published version', () => {
  const upstream =
    'require (\n\tk8s.io/api v0.0.0\n\tk8s.io/utils v0.0.0-2026 // indirect\n\tk8s.io/kube-openapi v0.0.0-1\n)';
  assert.deepEqual(stagingReplaces(upstream, '1.36.3'), ['k8s.io/api => k8s.io/api v0.36.3']);
});

test('every pinning file names its module after its folder', async () => {
  for (const [path, text] of await readPinFiles()) {
    if (path.endsWith('go.mod')) assert.ok(parseGoMod(text).module.endsWith(`/${path.split('/')[0]}`), path);
  }
});
