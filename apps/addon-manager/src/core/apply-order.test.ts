import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inApplyOrder, inPruneOrder } from './apply-order.ts';

const kinds = [
  'ValidatingWebhookConfiguration',
  'Widget',
  'Deployment',
  'ClusterRoleBinding',
  'ServiceAccount',
  'Namespace',
  'ConfigMap',
  'ClusterRole',
  'CustomResourceDefinition',
];

describe('the order of applying', () => {
  test('what others need comes first, custom objects after all that is known, webhooks last', () => {
    assert.deepEqual(inApplyOrder(kinds, String), [
      'Namespace',
      'CustomResourceDefinition',
      'ServiceAccount',
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'Deployment',
      'Widget',
      'ValidatingWebhookConfiguration',
    ]);
  });

  test('pruning is the exact reverse', () => {
    assert.deepEqual(inPruneOrder(kinds, String), inApplyOrder(kinds, String).toReversed());
  });

  test('equal kinds keep their order, and the argument is left alone', () => {
    const items = Object.freeze(['Secret a', 'Namespace b', 'Secret c']);
    assert.deepEqual(
      inApplyOrder(items, (item) => item.split(' ')[0] ?? ''),
      ['Namespace b', 'Secret a', 'Secret c'],
    );
  });
});
