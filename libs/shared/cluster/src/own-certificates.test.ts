import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { certificateList } from './cert-list.ts';
import { parseClusterConfig } from './config/parse-cluster-config.ts';
import type { HostRecord } from './host-facts.ts';
import { isSameForNodes, nodeConfigOf } from './node-config.ts';
import { nodeDocumentOf } from './node-document.ts';
import { pathsUnder } from './paths.ts';
import { resolveCertificates } from './resolve-certs.ts';

const base = 'roles: [master, node]\nmasterAddress: api.kube.example\n';
const certificates = `certificates:
  nginx:
    names: [www.example.org, '{hostname}', '{addresses}']
    hosts: [n1]
    owner: www-data
    keyMode: 0640
    unit: nginx.service
  metrics:
    subject: {commonName: node-metrics, organizations: [observers]}
    authority: kubernetes
    usages: [client auth]
    validity: 1d
    keyAlgorithm: rsa-2048
    roles: [node]
  registry:
    names: ['Registry.{hostname}.example']
    subject: {commonName: 'registry on {hostname}'}
    roles: [master]
`;
const config = parseClusterConfig(base + certificates, 'cluster.yaml');
const plain = parseClusterConfig(base, 'cluster.yaml');
const paths = pathsUnder('');
const m1: HostRecord = { name: 'm1', roles: ['master'], addresses: ['192.0.2.10'] };
const n1: HostRecord = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11', '2001:db8::11'] };
const n2: HostRecord = { name: 'n2', roles: ['node'], addresses: ['192.0.2.12'] };
const both: HostRecord = { name: 'b1', roles: ['master', 'node'], addresses: [] };

const ofOurs = new Set(certificateList.map(({ name }) => name));
const own = (host: HostRecord, of = config) =>
  resolveCertificates(of, host, paths).filter(({ name }) => !ofOurs.has(name));

describe('certificates of the user’s own in the one list', () => {
  it('are for the hosts that are named, and for the roles', () => {
    const names = (host: HostRecord) => own(host).map(({ name }) => name);
    assert.deepEqual(names(m1), ['registry']);
    assert.deepEqual(names(n1), ['nginx', 'metrics']);
    assert.deepEqual(names(n2), ['metrics']);
    assert.deepEqual(names(both), ['metrics', 'registry']);
    assert.deepEqual(own(n1, plain), []);
  });

  it('say all that the CA and certmgr need', () => {
    const [nginx, metrics] = own(n1);
    assert.deepEqual(nginx, {
      name: 'nginx',
      authority: 'services',
      subject: { commonName: 'nginx', organizations: [] },
      alternativeNames: { dns: ['n1', 'www.example.org'], ip: ['192.0.2.11', '2001:db8::11'] },
      usages: ['server auth'],
      keyAlgorithm: 'ecdsa-p256',
      validityS: 30 * 86_400,
      directory: '/var/lib/easycerts/certificates/nginx',
      owner: 'www-data',
      group: 'www-data',
      keyMode: 0o640,
      usedBy: ['nginx'],
      notify: { unit: 'nginx', action: 'reload' },
    });
    assert.deepEqual(metrics?.subject, { commonName: 'node-metrics', organizations: ['observers'] });
    assert.deepEqual([metrics?.keyAlgorithm, metrics?.validityS, metrics?.keyMode], ['rsa-2048', 86_400, 0o600]);
    assert.deepEqual(metrics?.alternativeNames, { dns: [], ip: [] });
    assert.equal(metrics !== undefined && 'notify' in metrics, false);
  });

  it('have the name of their host where it stands for it', () => {
    const [registry] = own(m1);
    assert.deepEqual(registry?.alternativeNames.dns, ['registry.m1.example']);
    assert.equal(registry?.subject.commonName, 'registry on m1');
  });

  it('come after ours, and take nothing from them', () => {
    const names = resolveCertificates(config, n1, paths).map(({ name }) => name);
    assert.deepEqual(
      names.slice(0, -2),
      resolveCertificates(plain, n1, paths).map(({ name }) => name),
    );
  });

  it('never lie in a folder of ours, nor two in one', () => {
    for (const host of [m1, n1, n2, both]) {
      const directories = resolveCertificates(config, host, paths).map(({ directory }) => directory);
      assert.equal(new Set(directories).size, directories.length);
    }
  });
});

describe('what a node hears of them', () => {
  const parse = (host: HostRecord) => parseClusterConfig(nodeConfigOf(config, host), 'received', { node: {} });

  it('makes the same list as on the master', () => {
    for (const host of [n1, n2]) {
      assert.deepEqual(resolveCertificates(parse(host), host, paths), resolveCertificates(config, host, paths));
    }
  });

  it('is its own ones only', () => {
    assert.deepEqual(Object.keys(parse(n2).certificates), ['metrics']);
    assert.ok(!nodeConfigOf(config, n2).includes('nginx'));
  });

  it('is the text of before where there are none', () => {
    const onlyN1 = parseClusterConfig(
      `${base}certificates: {nginx: {names: [a.example], hosts: [n1]}}`,
      'cluster.yaml',
    );
    assert.equal(nodeConfigOf(onlyN1, n2), nodeConfigOf(plain, n2));
    assert.equal(nodeDocumentOf(onlyN1, n2).digest, nodeDocumentOf(plain, n2).digest);
    assert.notEqual(nodeDocumentOf(onlyN1, n1).digest, nodeDocumentOf(plain, n1).digest);
  });

  it('is news for the nodes when it changes', () => {
    assert.equal(isSameForNodes(config, parseClusterConfig(base + certificates, 'again')), true);
    assert.equal(isSameForNodes(config, plain), false);
    assert.equal(isSameForNodes(plain, parseClusterConfig(`${base}clusterCidr: 10.3.0.0/16`, 'x')), false);
    assert.equal(isSameForNodes(plain, parseClusterConfig(`${base}etcd: {clientPort: 12379}`, 'x')), true);
  });
});
