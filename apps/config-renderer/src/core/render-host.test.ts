import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type HostFacts,
  parseClusterConfig,
  pathsUnder,
  type RenderedFile,
  resolveDesiredState,
} from '@easycerts/cluster';
import { ableHost } from '@easycerts/cluster/testing';
import { parse } from 'yaml';
import { type LateFacts, renderHost } from './render-host.ts';

const host: HostFacts = { ...ableHost, serviceManager: 'process' };
const minimal = 'roles: [master, node]\nmasterAddress: localhost\n';

function render(text = minimal, facts: HostFacts = host, late: LateFacts = {}): ReadonlyMap<string, RenderedFile> {
  const desired = resolveDesiredState(parseClusterConfig(text, 'x'), facts, pathsUnder(''));
  return new Map(renderHost(desired, late).map((file) => [file.path, file]));
}

const yaml = (files: ReadonlyMap<string, RenderedFile>, path: string): Record<string, unknown> =>
  parse(files.get(path)?.content ?? assert.fail(path)) as Record<string, unknown>;

test('the same input gives the same files, each path once', () => {
  const desired = resolveDesiredState(parseClusterConfig(minimal, 'x'), host, pathsUnder(''));
  const [one, other] = [renderHost(desired, {}), renderHost(desired, {})];
  assert.deepEqual(one, other);
  assert.equal(new Set(one.map(({ path }) => path)).size, one.length);
});

test('component specs are written last, so that nothing starts before its files are there', () => {
  const paths = [...render().keys()];
  const firstSpec = paths.findIndex((path) => path.startsWith('/etc/easycerts/components.d/'));
  assert.ok(firstSpec > 0 && paths.slice(firstSpec).every((path) => path.startsWith('/etc/easycerts/components.d/')));
});

test('each certificate has a spec file and each component a spec file and a unit', () => {
  const paths = [...render().keys()];
  assert.ok(paths.includes('/etc/easycerts/certmgr.d/kube-apiserver.json'));
  assert.ok(paths.includes('/etc/easycerts/components.d/kube-apiserver.json'));
  assert.ok(paths.includes('/etc/systemd/system/kube-apiserver.service'));
});

test('kubeconfigs name files and never hold keys, and only their user reads them', () => {
  const kubeconfigs = [...render().values()].filter(({ path }) => path.endsWith('.kubeconfig'));
  assert.equal(kubeconfigs.length, 8);
  for (const { path, content, mode } of kubeconfigs) {
    assert.equal(mode, 0o600, path);
    assert.ok(!/-data:|BEGIN|token:/.test(content), path);
  }
  const scheduler = yaml(render(), '/etc/kubernetes/scheduler.kubeconfig');
  assert.deepEqual((scheduler.users as unknown[])[0], {
    name: 'system:kube-scheduler',
    user: {
      'client-certificate': '/var/lib/kubernetes/secrets/kube-scheduler-client/tls.crt',
      'client-key': '/var/lib/kubernetes/secrets/kube-scheduler-client/tls.key',
    },
  });
});

test('the administrators’ kubeconfigs work wherever the tree is seen', () => {
  const { content } = render().get('/etc/kubernetes/cluster-admin.kubeconfig') ?? assert.fail();
  assert.match(content, /client-key: \.\.\/\.\.\/var\/lib\/kubernetes\/secrets\/cluster-admin\/tls\.key/);
});

test('the kubelet refuses anonymous requests and asks the API server who may do what', () => {
  const kubelet = yaml(render(), '/etc/kubernetes/kubelet.yaml');
  assert.deepEqual(kubelet.authentication, {
    anonymous: { enabled: false },
    webhook: { enabled: true, cacheTTL: '10s' },
    x509: { clientCAFile: '/var/lib/kubernetes/secrets/kubelet/ca.crt' },
  });
  assert.deepEqual(kubelet.authorization, { mode: 'Webhook' });
  assert.equal(kubelet.readOnlyPort, 0);
  assert.deepEqual(kubelet.clusterDNS, ['10.0.0.254']);
});

test('what the host can do decides drivers and limits', () => {
  const weak = render(minimal, { ...host, mayWriteConntrackMax: false, maySetOomScore: false, snapshotter: 'native' });
  assert.deepEqual(yaml(weak, '/etc/kubernetes/proxy.yaml').conntrack, { maxPerCore: 0, min: 0 });
  const toml = weak.get('/etc/easycerts/containerd.toml')?.content ?? '';
  assert.match(toml, /restrict_oom_score_adj = true/);
  assert.match(toml, /snapshotter = "native"/);
  assert.match(toml, /SystemdCgroup = false/);
  assert.equal(yaml(weak, '/etc/kubernetes/kubelet.yaml').cgroupDriver, 'cgroupfs');
  const onSystemd = render(minimal, { ...host, serviceManager: 'systemd' });
  assert.equal(yaml(onSystemd, '/etc/kubernetes/kubelet.yaml').cgroupDriver, 'systemd');
  assert.equal(yaml(onSystemd, '/etc/kubernetes/proxy.yaml').conntrack, undefined);
});

test('what the host has decides programs, plugins, name servers and the way of Services', () => {
  const debian = render(minimal, {
    ...host,
    programs: { containerd: '/usr/bin/containerd', runc: '/usr/sbin/runc', nft: '/usr/sbin/nft' },
    cniFolder: '/usr/lib/cni',
    resolvConf: '/run/systemd/resolve/resolv.conf',
  });
  const toml = debian.get('/etc/easycerts/containerd.toml')?.content ?? '';
  assert.match(toml, /bin_dir = "\/usr\/lib\/cni"/);
  assert.match(toml, /BinaryName = "\/usr\/sbin\/runc"/);
  assert.match(
    debian.get('/etc/systemd/system/containerd.service')?.content ?? '',
    /ExecStart="?\/usr\/bin\/containerd/,
  );
  assert.equal(yaml(debian, '/etc/kubernetes/proxy.yaml').mode, 'nftables');
  assert.equal(yaml(debian, '/etc/kubernetes/kubelet.yaml').resolvConf, '/run/systemd/resolve/resolv.conf');
  assert.equal(yaml(render(), '/etc/kubernetes/proxy.yaml').mode, 'iptables');
});

test('the CNI network follows from flannel’s subnet, and is not there before', () => {
  const path = '/etc/cni/net.d/10-easycerts.conflist';
  assert.equal(render().has(path), false);
  const late: LateFacts = { flannelSubnet: { subnet: '10.1.7.1/24', mtu: 1450 } };
  const conflist = JSON.parse(render(minimal, host, late).get(path)?.content ?? '') as { plugins: unknown[] };
  const [bridge] = conflist.plugins as [{ mtu: number; ipam: { ranges: unknown } }];
  assert.equal(bridge.mtu, 1450);
  assert.deepEqual(bridge.ipam.ranges, [[{ subnet: '10.1.7.0/24' }]]);
});

test('static pods and extra kubelet settings are laid over ours', () => {
  const text = `${minimal}kubelet: {extraConfig: {maxPods: 7}, manifests: {web: {apiVersion: v1, kind: Pod}}}`;
  assert.equal(yaml(render(text), '/etc/kubernetes/kubelet.yaml').maxPods, 7);
  assert.deepEqual(yaml(render(text), '/etc/kubernetes/manifests/web.yaml'), { apiVersion: 'v1', kind: 'Pod' });
});

test('components by hand with foreign certificates get no administrators’ kubeconfigs', () => {
  const files = render(`
masterAddress: localhost
caFile: /pki/ca.crt
scheduler: {enable: true, kubeconfig: {certFile: /pki/s.crt, keyFile: /pki/s.key, server: "https://192.0.2.1:6443"}}
`);
  assert.deepEqual(
    [...files.keys()].filter((path) => path.endsWith('.kubeconfig')),
    ['/etc/kubernetes/scheduler.kubeconfig'],
  );
  const scheduler = yaml(files, '/etc/kubernetes/scheduler.kubeconfig');
  assert.deepEqual((scheduler.clusters as unknown[])[0], {
    name: 'local',
    cluster: { 'certificate-authority': '/pki/ca.crt', server: 'https://192.0.2.1:6443' },
  });
});
