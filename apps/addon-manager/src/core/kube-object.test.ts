import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeObject, keyOf, pathOf, referenceOf } from './kube-object.ts';

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'kube-system', name: 'coredns' };
const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', namespace: '', name: 'system:Mixed/x' };

describe('kube-object', () => {
  test('another version of the same group is the same object', () => {
    assert.equal(keyOf(deployment), keyOf({ ...deployment, apiVersion: 'apps/v1beta1' }));
  });

  for (const [what, other] of Object.entries({
    group: { apiVersion: 'extensions/v1' },
    kind: { kind: 'DaemonSet' },
    namespace: { namespace: 'default' },
    name: { name: 'other' },
  })) {
    test(`another ${what} is another object`, () =>
      assert.notEqual(keyOf(deployment), keyOf({ ...deployment, ...other })));
  }

  test('paths keep capitals and cannot be left by a name', () => {
    assert.equal(
      pathOf(role, { plural: 'clusterroles', namespaced: false }, 'object'),
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3AMixed%2Fx',
    );
    assert.equal(
      pathOf(deployment, { plural: 'deployments', namespaced: true }, 'collection'),
      '/apis/apps/v1/namespaces/kube-system/deployments',
    );
  });

  test('a namespace follows from how the kind is served', () => {
    const object = { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' } };
    assert.equal(referenceOf(object, { plural: 'xs', namespaced: true }).namespace, 'default');
    assert.equal(referenceOf(object, { plural: 'xs', namespaced: false }).namespace, '');
    const placed = { ...object, metadata: { name: 'a', namespace: 'n' } };
    assert.equal(referenceOf(placed, { plural: 'xs', namespaced: true }).namespace, 'n');
    assert.equal(referenceOf(placed, { plural: 'xs', namespaced: false }).namespace, '');
  });

  test('describes objects with and without a namespace', () => {
    assert.equal(describeObject(deployment), 'Deployment kube-system/coredns');
    assert.equal(describeObject(role), 'ClusterRole system:Mixed/x');
  });
});
