import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alternativeNamesOf } from './alternative-names.ts';
import { certificateList } from './cert-list.ts';
import { parseClusterConfig } from './config/parse-cluster-config.ts';
import type { HostRecord } from './host-facts.ts';
import { identityOfSubject } from './host-identity.ts';
import { pathsUnder } from './paths.ts';
import { resolveCertificates } from './resolve-certs.ts';

const paths = pathsUnder('');
const master: HostRecord = { name: 'm1', roles: ['master', 'node'], addresses: ['192.0.2.10'] };
const node: HostRecord = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11'] };
const config = parseClusterConfig('roles: [master, node]\nmasterAddress: api.kube.example', 'x');

const byName = (host: HostRecord, of = config) =>
  new Map(resolveCertificates(of, host, paths).map((spec) => [spec.name, spec]));

test('names in the list are unique, and each entry has a purpose', () => {
  const names = certificateList.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { purpose, name } of certificateList) assert.ok(purpose.length > 10, name);
});

test('a master that is a node and serves the API of cfssl has the whole list, any other all but its certificate', () => {
  const all = certificateList.map(({ name }) => name);
  const served = parseClusterConfig(
    '{roles: [master, node], masterAddress: api.kube.example, pki: {cfssl: {enable: true}}}',
    'x',
  );
  assert.deepEqual([...byName(master, served).keys()], all);
  assert.deepEqual(
    [...byName(master).keys()],
    all.filter((name) => name !== 'cfssl-server'),
  );
  assert.equal(byName(node, served).has('cfssl-server'), false);
});

test('a host that joined has only what its role needs', () => {
  assert.deepEqual(
    [...byName(node).keys()],
    ['host', 'kubelet', 'kubelet-client', 'kube-proxy-client', 'flannel-client'],
  );
});

test('resolving twice gives equal and frozen results', () => {
  const [one, other] = [resolveCertificates(config, master, paths), resolveCertificates(config, master, paths)];
  assert.deepEqual(one, other);
  assert.ok(Object.isFrozen(one[0]?.alternativeNames.dns));
});

test('the API server is known by every name and address that clients use', () => {
  const { alternativeNames } = byName(master).get('kube-apiserver') ?? assert.fail();
  assert.deepEqual(alternativeNames.dns, [
    'api.kube.example',
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    'localhost',
    'm1',
  ]);
  assert.deepEqual(alternativeNames.ip, ['10.0.0.1', '127.0.0.1', '192.0.2.10', '::1']);
});

test('the first service address is found by arithmetic for every range', () => {
  for (const [range, first] of [
    ['10.96.0.0/12', '10.96.0.1'],
    ['10.0.0.128/25', '10.0.0.129'],
    ['fd00:96::/112', 'fd00:96::1'],
  ] as const) {
    const other = parseClusterConfig(
      `roles: [master]\nmasterAddress: m\napiserver: {serviceClusterIpRange: "${range}"}`,
      'x',
    );
    assert.ok(byName(master, other).get('kube-apiserver')?.alternativeNames.ip.includes(first), range);
  }
});

test('a node’s certificates say its own name and nothing else', () => {
  const client = byName(node).get('kubelet-client') ?? assert.fail();
  assert.deepEqual(client.subject, { commonName: 'system:node:n1', organizations: ['system:nodes'] });
  assert.deepEqual(client.alternativeNames, { dns: [], ip: [] });
  const server = byName(node).get('kubelet') ?? assert.fail();
  assert.deepEqual(server.alternativeNames, { dns: ['n1'], ip: ['192.0.2.11'] });
});

test('no certificate of a node gives rights of a master', () => {
  for (const { name, subject, authority } of resolveCertificates(config, node, paths)) {
    assert.ok(!subject.organizations.some((group) => /masters|admins/.test(group)), name);
    assert.ok(authority === 'kubernetes' || authority === 'easycerts', name);
  }
});

test('only the break-glass certificate is of system:masters, and its key is root’s', () => {
  const ofMasters = [...byName(master).values()].filter(({ subject }) =>
    subject.organizations.includes('system:masters'),
  );
  assert.deepEqual(
    ofMasters.map(({ name, owner, keyMode }) => [name, owner, keyMode]),
    [['super-admin', 'root', 0o600]],
  );
});

test('usages are exact: only etcd and the bus have both', () => {
  const withBoth = [...byName(master).values()].filter(({ usages }) => usages.length > 1).map(({ name }) => name);
  assert.deepEqual(withBoth, ['ca-server', 'bus-server', 'etcd-server', 'etcd-peer']);
  for (const { usages, alternativeNames, name } of byName(master).values()) {
    if (usages.includes('server auth')) assert.ok(alternativeNames.dns.length + alternativeNames.ip.length > 0, name);
    else assert.deepEqual(alternativeNames, { dns: [], ip: [] }, name);
  }
});

test('authorities are apart: etcd and the front proxy trust only their own', () => {
  const of = (authority: string) =>
    [...byName(master).values()].filter((spec) => spec.authority === authority).map(({ name }) => name);
  assert.deepEqual(of('etcd'), ['etcd-server', 'etcd-peer', 'etcd-health-client', 'kube-apiserver-etcd-client']);
  assert.deepEqual(of('front-proxy'), ['front-proxy-client']);
  assert.deepEqual(of('easycerts'), ['host', 'ca-server', 'bus-server']);
});

test('only host and ca-server are host identities', () => {
  const identities = [...byName(master).values()].filter(({ subject }) => identityOfSubject(subject) !== undefined);
  assert.deepEqual(
    identities.map(({ name }) => name),
    ['host', 'ca-server'],
  );
});

test('subjects that only look like identities are none', () => {
  for (const [commonName, organizations] of [
    ['m1', []],
    ['m1', ['easycerts:masters', 'system:masters']],
    ['m1', ['easycerts:master']],
    ['m1.evil', ['easycerts:nodes']],
    ['*', ['easycerts:nodes']],
    ['M1', ['easycerts:nodes']],
    ['', ['easycerts:nodes']],
    ['a>b', ['easycerts:nodes']],
  ] as const) {
    assert.equal(identityOfSubject({ commonName, organizations }), undefined, commonName);
  }
});

test('without easyCerts there is no list', () => {
  const foreign = parseClusterConfig('masterAddress: m', 'x');
  assert.deepEqual(resolveCertificates(foreign, master, paths), []);
});

test('names are sorted, canonical and each once', () => {
  assert.deepEqual(alternativeNamesOf(['B', 'a', undefined, '2001:DB8::0', '2001:db8::', 'b', '10.0.0.1']), {
    dns: ['a', 'b'],
    ip: ['10.0.0.1', '2001:db8::'],
  });
});
