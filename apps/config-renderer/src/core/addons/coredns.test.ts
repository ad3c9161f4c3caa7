import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseClusterConfig } from '@easycerts/cluster';
import { stringify } from 'yaml';
import { coredns, defaultCorefile } from './coredns.ts';
import type { Manifest } from './manifest.ts';

const dnsOf = (dns: object = {}) =>
  parseClusterConfig(stringify({ roles: ['master'], masterAddress: '127.0.0.1', addons: { dns } }), 'x').addons.dns;
const find = (kind: string, dns: object = {}): Manifest => {
  const found = coredns(dnsOf(dns)).manifests.find((manifest) => manifest.kind === kind);
  assert.ok(found);
  return found;
};

interface Pod {
  readonly securityContext: unknown;
  readonly containers: readonly {
    readonly image: string;
    readonly imagePullPolicy: string;
    readonly securityContext: unknown;
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: number } };
  }[];
}
const podOf = (dns: object = {}): Pod => (find('Deployment', dns).spec as { template: { spec: Pod } }).template.spec;

describe('CoreDNS', () => {
  test('runs without root or anything writable, with the one capability of its program', () => {
    assert.deepEqual(podOf().securityContext, {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    assert.deepEqual(podOf().containers[0]?.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    });
  });

  test('the ports of the Service are ports that the Corefile opens', () => {
    const corefile = defaultCorefile('cluster.local');
    const named = new Map(podOf().containers[0]?.ports.map(({ name, containerPort }) => [name, containerPort]));
    const { ports } = find('Service').spec as { ports: readonly { readonly targetPort: string }[] };
    for (const { targetPort } of ports) assert.match(corefile, new RegExp(`:${named.get(targetPort)}\\b`));
    assert.ok([...named.values()].every((port) => port > 1024));
  });

  test('follows the configuration', () => {
    const dns = {
      clusterIp: '10.0.0.10',
      clusterDomain: 'kube.example',
      replicas: 5,
      image: 'registry.example/coredns:1',
    };
    assert.equal((find('Service', dns).spec as { clusterIP: string }).clusterIP, '10.0.0.10');
    assert.equal((find('Deployment', dns).spec as { replicas: number }).replicas, 5);
    assert.match(JSON.stringify(find('ConfigMap', dns).data), /kubernetes kube\.example in-addr\.arpa/);
    assert.equal(podOf(dns).containers[0]?.image, 'registry.example/coredns:1');
  });

  test('has the default address of the service range', () => {
    assert.equal((find('Service').spec as { clusterIP: string }).clusterIP, '10.0.0.254');
  });

  test('asks no registry for an image that was imported on the node', () => {
    assert.equal(podOf({ image: 'localhost/easycerts/coredns:1' }).containers[0]?.imagePullPolicy, 'Never');
    assert.equal(podOf({ image: 'localhost.example/coredns:1' }).containers[0]?.imagePullPolicy, 'IfNotPresent');
  });

  test('what users may want to edit follows reconcileMode, the rest is kept', () => {
    const modes = coredns(dnsOf({ reconcileMode: 'EnsureExists' })).manifests.map(({ kind, metadata }) => [
      kind,
      metadata.labels?.['addonmanager.kubernetes.io/mode'],
    ]);
    assert.deepEqual(Object.fromEntries(modes), {
      ServiceAccount: 'Reconcile',
      ClusterRole: 'Reconcile',
      ClusterRoleBinding: 'Reconcile',
      ConfigMap: 'EnsureExists',
      Deployment: 'EnsureExists',
      Service: 'Reconcile',
    });
  });

  for (const [corefile, path] of [
    ['.:10053 {\n    ready :10056\n}\n', '/ready'],
    ['.:10053 {\n    health :10054\n}\n', '/health'],
    ['.:10053 {\n    # ready :10056\n    health :10054\n}\n', '/health'],
    ['.:10053 {\n    ready :8181\n    health :10054\n}\n', '/health'],
  ] as const) {
    test(`asks ${path} whether it serves with ${JSON.stringify(corefile)}`, () => {
      assert.equal(podOf({ corefile }).containers[0]?.readinessProbe.httpGet.path, path);
      assert.deepEqual(find('ConfigMap', { corefile }).data, { Corefile: corefile });
    });
  }
});
