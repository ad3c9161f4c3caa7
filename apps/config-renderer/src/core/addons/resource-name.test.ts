import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { guessResource, kindsServedWith } from './resource-name.ts';

describe('how kinds are served', () => {
  for (const [kind, resource] of [
    ['Pod', 'pods'],
    ['ConfigMap', 'configmaps'],
    ['Endpoints', 'endpoints'],
    ['Ingress', 'ingresses'],
    ['IngressClass', 'ingressclasses'],
    ['NetworkPolicy', 'networkpolicies'],
    ['StorageClass', 'storageclasses'],
    ['EndpointSlice', 'endpointslices'],
  ] as const) {
    test(`${kind} is ${resource}`, () => assert.equal(guessResource(kind), resource));
  }

  test('a definition among the manifests counts before the guess, for its group only', () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'mice.example.com' },
      spec: { group: 'example.com', names: { kind: 'Mouse', plural: 'mice' }, scope: 'Cluster' },
    };
    const servedAs = kindsServedWith([definition]);
    const mouse = (apiVersion: string) => ({ apiVersion, kind: 'Mouse', metadata: { name: 'm' } });
    assert.deepEqual(servedAs(mouse('example.com/v1')), {
      group: 'example.com',
      resource: 'mice',
      isNamespaced: false,
    });
    assert.deepEqual(servedAs(mouse('other.com/v1')), { group: 'other.com', resource: 'mouses', isNamespaced: true });
  });

  for (const spec of [
    undefined,
    {},
    { group: 'g' },
    { group: 'g', names: null },
    { group: 'g', names: { kind: 1, plural: 2 } },
  ]) {
    test(`a definition with ${JSON.stringify(spec)} defines nothing`, () => {
      const bad = {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'x' },
        spec,
      };
      assert.equal(kindsServedWith([bad])({ apiVersion: 'g/v1', kind: 'X', metadata: { name: 'x' } }).resource, 'xs');
    });
  }

  test('knows the kinds of the whole cluster', () => {
    const servedAs = kindsServedWith([]);
    const isNamespaced = (kind: string): boolean =>
      servedAs({ apiVersion: 'v1', kind, metadata: { name: 'a' } }).isNamespaced;
    assert.deepEqual(['Namespace', 'PersistentVolume', 'Pod', 'Secret'].map(isNamespaced), [false, false, true, true]);
  });
});
