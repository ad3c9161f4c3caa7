import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '@easycerts/core';
import { ableHost } from '../testing/index.ts';
import { parseClusterConfig } from './config/parse-cluster-config.ts';
import { resolveDesiredState } from './desired-state.ts';
import type { HostFacts, HostRecord } from './host-facts.ts';
import { nodeConfigOf } from './node-config.ts';
import { encodeNodeDocument, nodeDocumentOf, parseNodeDocument } from './node-document.ts';
import { pathsUnder } from './paths.ts';
import { resolveCertificates } from './resolve-certs.ts';

const master = parseClusterConfig(
  [
    'roles: [master]',
    'masterAddress: api.kube.example',
    'binDir: /opt/kubernetes/bin',
    'bus: {program: /usr/lib/easycerts/nats-server}',
    'pki: {validity: 10d}',
    'kubelet:',
    '  nodeIp: 192.0.2.10',
    '  hostname: m1',
    '  nodeLabels: {disk: ssd}',
    '  taints: {own: {key: own, effect: NoSchedule}}',
    '  extraConfig: {maxPods: 50}',
    '  manifests: {secret: {kind: Pod}}',
    'proxy: {mode: nftables}',
    'apiserver: {serviceClusterIpRange: 10.20.0.0/24}',
  ].join('\n'),
  'cluster.yaml',
);
const record: HostRecord = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11'] };

describe('nodeConfigOf', () => {
  const text = nodeConfigOf(master, record);
  const node = parseClusterConfig(text, 'received', { node: {} });

  it('is a cluster.yaml of a node', () => {
    assert.deepEqual(node.roles, ['node']);
    assert.equal(node.kubelet.enable && node.proxy.enable && node.flannel.enable, true);
    assert.equal(node.apiserver.enable || node.etcd.enable || node.addonManager.enable, false);
  });

  it('says of the cluster what the master has', () => {
    assert.equal(node.apiserverAddress, master.apiserverAddress);
    assert.equal(node.kubelet.extraConfig.maxPods, 50);
    assert.deepEqual(node.kubelet.clusterDns, master.kubelet.clusterDns);
    assert.equal(node.proxy.mode, 'nftables');
    assert.equal(node.binDir, '/opt/kubernetes/bin');
    assert.deepEqual(node.pki, master.pki);
  });

  it('leaves out what concerns the master alone', () => {
    assert.equal(node.kubelet.nodeIp, undefined);
    assert.equal(node.kubelet.hostname, undefined);
    assert.deepEqual(node.kubelet.nodeLabels, {});
    assert.deepEqual(node.kubelet.taints, {});
    assert.deepEqual(node.kubelet.manifests, {});
    assert.equal(node.bus.program, undefined);
    assert.ok(!text.includes('secret'));
  });

  it('is the same text each time, and again for the node that received it', () => {
    assert.equal(nodeConfigOf(master, record), text);
    assert.equal(nodeConfigOf(node, record), text);
  });

  it('takes what node.yaml says about this host alone, and nothing else', () => {
    const parse = (overrides: string) => parseClusterConfig(text, 'received', { node: { overrides } });
    const local = parse('kubelet: {nodeIp: 192.0.2.99, nodeLabels: {disk: hdd}}\nflannel: {interface: eth1}');
    assert.equal(local.kubelet.nodeIp, '192.0.2.99');
    assert.deepEqual(local.kubelet.nodeLabels, { disk: 'hdd' });
    assert.equal(local.kubelet.extraConfig.maxPods, 50);
    assert.throws(
      () => parse('masterAddress: evil.example\nkubelet: {extraConfig: {a: 1}, nodeIp: 192.0.2.1}'),
      (error) => {
        assert.ok(isAppError(error, 'INVALID_CONFIG'));
        const problems = error.details.problems as { path: string }[];
        assert.deepEqual(
          problems.map(({ path }) => path),
          ['masterAddress', 'kubelet.extraConfig'],
        );
        return true;
      },
    );
  });

  it('lets the node resolve the same certificates as the CA does for it', () => {
    const paths = pathsUnder('');
    const facts: HostFacts = { ...ableHost, ...record };
    const here = resolveDesiredState(node, facts, paths).certificates;
    assert.deepEqual(here, resolveCertificates(master, record, paths));
    assert.deepEqual(
      here.map(({ name }) => name),
      ['host', 'kubelet', 'kubelet-client', 'kube-proxy-client', 'flannel-client'],
    );
  });
});

describe('node document', () => {
  const document = nodeDocumentOf(master, record);
  const text = encodeNodeDocument(document);
  const isDamaged = (error: unknown): boolean => isAppError(error, 'DAMAGED');

  it('reads back as it was', () => {
    assert.deepEqual(parseNodeDocument(text, 'n1'), document);
  });

  it('may say which rollout brings it, and is the same document for its node', () => {
    const marked = encodeNodeDocument(document, { rollout: '2020-01-01T12:00:00.000Z' });
    assert.notEqual(marked, text);
    assert.deepEqual(parseNodeDocument(marked, 'n1'), document);
  });

  it('has another digest when anything in it is another', () => {
    const other = nodeDocumentOf(master, { ...record, addresses: ['192.0.2.12'] });
    assert.notEqual(other.digest, document.digest);
  });

  it('is refused when it is for another host', () => {
    assert.throws(() => parseNodeDocument(text, 'n2'), isDamaged);
  });

  it('is refused when it is not whole', () => {
    const rows: readonly [string, string][] = [
      ['cut', text.slice(0, -1)],
      ['not JSON', 'x'],
      ['a list', '[]'],
      ['another version', text.replace('"version":1', '"version":2')],
      ['another address', text.replace('192.0.2.11', '192.0.2.99')],
      ['another configuration', text.replace('maxPods: 50', 'maxPods: 51')],
      ['an unknown role', text.replace('["node"]', '["admin"]')],
    ];
    for (const [what, wrong] of rows) assert.throws(() => parseNodeDocument(wrong, 'n1'), isDamaged, what);
  });
});
