import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isBootstrapObject, isOwnedBy, markedObject, modeLabel, modeOf, ownerAnnotation } from './addon-mode.ts';
import type { KubeObject } from './kube-object.ts';

const object = (labels?: Record<string, string>, annotations?: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'a',
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  },
});

describe('addon-mode', () => {
  for (const [labels, expected] of [
    [{ [modeLabel]: 'Reconcile' }, 'Reconcile'],
    [{ [modeLabel]: 'EnsureExists' }, 'EnsureExists'],
    [{ [modeLabel]: 'reconcile' }, 'unknown-mode'],
    [{ [modeLabel]: '' }, 'unknown-mode'],
    [{ 'kubernetes.io/cluster-service': 'true' }, 'unlabelled'],
    [{}, 'unlabelled'],
    [undefined, 'unlabelled'],
  ] as const) {
    test(`labels ${JSON.stringify(labels)} mean ${expected}`, () => {
      const mode = modeOf(object(labels));
      assert.equal(typeof mode === 'string' ? mode : mode.reason, expected);
    });
  }

  test('only an object with both marks of the set is its own', () => {
    const label = { [modeLabel]: 'Reconcile' };
    assert.equal(isOwnedBy(object(label, { [ownerAnnotation]: 'addons' }), 'addons'), true);
    assert.equal(isOwnedBy(object(label, { [ownerAnnotation]: 'bootstrap' }), 'addons'), false);
    assert.equal(isOwnedBy(object(label), 'addons'), false);
    assert.equal(isOwnedBy(object({ [modeLabel]: 'EnsureExists' }, { [ownerAnnotation]: 'addons' }), 'addons'), false);
    assert.equal(isOwnedBy(object({}, { [ownerAnnotation]: 'addons' }), 'addons'), false);
    assert.equal(isBootstrapObject(object(label, { [ownerAnnotation]: 'bootstrap' })), true);
  });

  test('marks what is reconciled, without touching the manifest', () => {
    const manifest = Object.freeze(object({ [modeLabel]: 'Reconcile' }, { theirs: 'x' }));
    const marked = markedObject(manifest, 'Reconcile', 'addons');
    assert.deepEqual(marked.metadata.annotations, { theirs: 'x', [ownerAnnotation]: 'addons' });
    assert.equal(markedObject(manifest, 'EnsureExists', 'addons'), manifest);
  });

  test('a manifest cannot forge the mark of another set', () => {
    const forged = object({ [modeLabel]: 'Reconcile' }, { [ownerAnnotation]: 'bootstrap' });
    assert.equal(markedObject(forged, 'Reconcile', 'addons').metadata.annotations?.[ownerAnnotation], 'addons');
  });
});
