import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatImported, imagesToImport } from './image-imports.ts';

const pause = { path: '/i/pause.tar', version: '1' };
const coredns = { path: '/i/coredns.tar', version: '1' };

test('everything is imported the first time, nothing the second', () => {
  assert.deepEqual(imagesToImport([pause, coredns], undefined), [pause, coredns]);
  assert.deepEqual(imagesToImport([pause, coredns], formatImported([pause, coredns])), []);
});
test('only what changed is imported again', () => {
  const newer = { ...coredns, version: '2' };
  assert.deepEqual(imagesToImport([pause, newer], formatImported([pause, coredns])), [newer]);
});
for (const damaged of ['', '{', '[]', 'null', '"x"'])
  test(`a damaged memory ${JSON.stringify(damaged)} is as good as none`, () => {
    assert.deepEqual(imagesToImport([pause], damaged), [pause]);
  });
