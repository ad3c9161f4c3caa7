import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { modeLabel, ownerAnnotation } from './addon-mode.ts';
import type { ResourceKind } from './kube-object.ts';
import { parseManifests } from './parse-manifests.ts';
import { entryOf, resolveWanted } from './wanted-object.ts';

const manifest = (kind: string, name: string, file = 'a.yaml', namespace?: string) =>
  parseManifests(
    JSON.stringify({ apiVersion: 'v1', kind, metadata: { name, namespace, labels: { [modeLabel]: 'Reconcile' } } }),
    file,
  ).manifests;
const kinds: Readonly<Record<string, ResourceKind>> = {
  ConfigMap: { plural: 'configmaps', namespaced: true },
  Namespace: { plural: 'namespaces', namespaced: false },
};
const resolve = (manifests: ReturnType<typeof manifest>) =>
  resolveWanted(manifests, ({ kind }) => kinds[kind], 'addons');

describe('resolveWanted', () => {
  test('orders, marks and addresses', () => {
    const { objects } = resolve([...manifest('ConfigMap', 'a'), ...manifest('Namespace', 'n', 'b.yaml', 'mistake')]);
    assert.deepEqual(
      objects.map(({ key }) => key),
      ['/Namespace//n', '/ConfigMap/default/a'],
    );
    assert.equal(objects[0]?.desired.metadata.annotations?.[ownerAnnotation], 'addons');
    assert.deepEqual(objects[1] && entryOf(objects[1]), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'default',
      name: 'a',
      addon: 'a',
      file: 'a.yaml',
    });
  });

  test('an object that stands twice is applied as it stands first, and the second place is named', () => {
    const twice = [...manifest('ConfigMap', 'a', 'one.yaml'), ...manifest('ConfigMap', 'a', 'two.yaml', 'default')];
    const { objects, problems } = resolve(twice);
    assert.deepEqual(
      objects.map(({ manifest: { source } }) => source.file),
      ['one.yaml'],
    );
    assert.match(
      problems[0]?.message ?? '',
      /^two\.yaml document 1: ConfigMap default\/a stands in one\.yaml document 1 already$/,
    );
  });

  test('a kind that is not served keeps every key that it may have', () => {
    const { unserved } = resolve(manifest('Widget', 'w'));
    assert.deepEqual(unserved[0]?.possibleKeys, ['/Widget//w', '/Widget/default/w']);
    assert.deepEqual(resolve(manifest('Widget', 'w', 'a.yaml', 'n')).unserved[0]?.possibleKeys, [
      '/Widget//w',
      '/Widget/n/w',
    ]);
  });
});
