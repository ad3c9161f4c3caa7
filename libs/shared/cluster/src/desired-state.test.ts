import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ableHost } from '../testing/index.ts';
import type { ComponentSpec } from './component-spec.ts';
import { parseClusterConfig } from './config/parse-cluster-config.ts';
import { resolveDesiredState } from './desired-state.ts';
import type { HostFacts } from './host-facts.ts';
import { pathsUnder } from './paths.ts';

const host: HostFacts = { ...ableHost, serviceManager: 'process' };
const desired = (text: string, facts = host) =>
  resolveDesiredState(parseClusterConfig(text, 'x'), facts, pathsUnder(''));
const single = desired('roles: [master, node]\nmasterAddress: localhost');
const unit = (name: string, of = single): ComponentSpec =>
  of.components.find((spec) => spec.unit === name) ?? assert.fail(name);

test('one machine runs our services and every component', () => {
  assert.deepEqual(
    single.components.map((spec) => spec.unit),
    [
      'easycerts-nats',
      'easycerts-ca',
      'easycerts-certmgr',
      'easycerts-config-renderer',
      'containerd',
      'etcd',
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kube-addon-manager',
      'kubelet',
      'kube-proxy',
      'flanneld',
    ],
  );
});

test('units start after units that there are, without a circle', () => {
  const seen = new Set<string>();
  let rest = [...single.components];
  while (rest.length > 0) {
    const startable = rest.filter(({ startAfter }) => startAfter.every((name) => seen.has(name)));
    assert.ok(startable.length > 0, `circle or missing: ${rest.map((spec) => spec.unit).join(', ')}`);
    for (const spec of startable) seen.add(spec.unit);
    rest = rest.filter((spec) => !seen.has(spec.unit));
  }
});

test('every certificate a component watches is in the host’s list, and names it as user', () => {
  const list = new Map(single.certificates.map((spec) => [spec.name, spec]));
  for (const component of single.components) {
    for (const { name, directory } of component.certificates) {
      assert.equal(list.get(name)?.directory, directory, name);
      assert.ok(list.get(name)?.usedBy.includes(component.unit), `${name} ${component.unit}`);
    }
  }
});

test('every certificate with a user that is a component is watched by it', () => {
  for (const { name, usedBy } of single.certificates) {
    for (const user of usedBy) {
      const component = single.components.find((spec) => spec.unit === user);
      if (component === undefined || component.unit.startsWith('easycerts-')) continue;
      assert.ok(
        component.certificates.some((use) => use.name === name),
        `${user} ${name}`,
      );
    }
  }
});

test('the API server refuses anonymous requests and knows one front proxy', () => {
  const { argv } = unit('kube-apiserver');
  for (const flag of [
    '--anonymous-auth=false',
    '--authorization-mode=RBAC,Node',
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-client-ca-file=/var/lib/kubernetes/secrets/front-proxy-client/ca.crt',
    '--client-ca-file=/var/lib/kubernetes/secrets/kube-apiserver/ca.crt',
    '--etcd-cafile=/var/lib/kubernetes/secrets/kube-apiserver-etcd-client/ca.crt',
    '--kubelet-certificate-authority=/var/lib/kubernetes/secrets/kube-apiserver-kubelet-client/ca.crt',
    '--shutdown-watch-termination-grace-period=2s',
    '--advertise-address=192.0.2.10',
  ]) {
    assert.ok(argv.includes(flag), flag);
  }
});

test('no component is given a flag twice or an empty value', () => {
  for (const { argv, unit: name } of single.components) {
    const flags = argv.filter((argument) => argument.startsWith('--')).map((argument) => argument.split('=')[0]);
    assert.equal(new Set(flags).size, flags.length, name);
    for (const argument of argv) assert.ok(!/=(undefined|null)?$/.test(argument), `${name} ${argument}`);
  }
});

test('etcd asks clients and peers for certificates', () => {
  const { argv, user } = unit('etcd');
  for (const flag of ['--client-cert-auth=true', '--peer-client-cert-auth=true']) assert.ok(argv.includes(flag));
  assert.ok(!argv.some((argument) => argument.includes('http://')));
  assert.equal(user, 'etcd');
});

test('on a node with systemd one process does the work of our services, which joiner is a part of', () => {
  const ownUnits = (roles: string, changes: Partial<HostFacts>, root = ''): readonly string[] => {
    const joined = roles === '[node]' ? { node: { overrides: undefined } } : {};
    const config = parseClusterConfig(`roles: ${roles}\nmasterAddress: m1`, 'x', joined);
    const { components } = resolveDesiredState(config, { ...host, ...changes }, pathsUnder(root));
    return components.map((spec) => spec.unit).filter((name) => name.startsWith('easycerts-'));
  };
  const separate = ['easycerts-certmgr', 'easycerts-config-renderer'];
  const systemd = { serviceManager: 'systemd' } as const;
  assert.deepEqual(ownUnits('[node]', { ...systemd, roles: ['node'] }), []);
  assert.deepEqual(ownUnits('[node]', { ...systemd, roles: ['node'] }, '/data'), separate);
  assert.deepEqual(ownUnits('[node]', { serviceManager: 'process', roles: ['node'] }), separate);
  const onMaster = ['easycerts-nats', 'easycerts-ca', ...separate];
  assert.deepEqual(ownUnits('[master, node]', systemd), onMaster);
  assert.deepEqual(ownUnits('[master]', systemd), onMaster);
});

test('only what manages the host runs as root', () => {
  const asRoot = single.components.filter(({ user }) => user === 'root').map((spec) => spec.unit);
  assert.deepEqual(asRoot, [
    'easycerts-certmgr',
    'easycerts-config-renderer',
    'containerd',
    'kube-addon-manager',
    'kubelet',
    'kube-proxy',
    'flanneld',
  ]);
});

test('what is re-read costs nothing, what is not costs a restart', () => {
  const use = (component: string, certificate: string) =>
    unit(component).certificates.find(({ name }) => name === certificate) ?? assert.fail(certificate);
  assert.equal(use('kube-apiserver', 'kube-apiserver').onLeafChange, 'none');
  assert.equal(use('kube-apiserver', 'kube-apiserver-etcd-client').onBundleChange, 'restart');
  assert.equal(use('etcd', 'etcd-server').onLeafChange, 'none');
  assert.equal(use('etcd', 'etcd-server').onBundleChange, 'restart');
  assert.equal(use('flanneld', 'flannel-client').onBundleChange, 'restart');
  assert.equal(use('kube-controller-manager', 'kube-controller-manager').onBundleChange, 'restart');
});

test('the bus reloads for a new certificate', () => {
  const { certificates, reloadSignal } = unit('easycerts-nats');
  assert.deepEqual(
    certificates.map(({ onLeafChange }) => onLeafChange),
    ['reload'],
  );
  assert.equal(reloadSignal, 'SIGHUP');
});

test('components by hand use the files they are given and none of our services but the renderer', () => {
  const byHand = desired(`
masterAddress: localhost
caFile: /pki/ca.crt
etcd: {enable: true, certFile: /pki/etcd.crt, keyFile: /pki/etcd.key, trustedCaFile: /pki/etcd-ca.crt}
scheduler: {enable: true, kubeconfig: {certFile: /pki/s.crt, keyFile: /pki/s.key, server: "https://192.0.2.1:6443"}}
`);
  assert.deepEqual(
    byHand.components.map((spec) => spec.unit),
    ['easycerts-config-renderer', 'etcd', 'kube-scheduler'],
  );
  assert.deepEqual(byHand.certificates, []);
  const { argv, certificates, health } = unit('etcd', byHand);
  assert.ok(argv.includes('--cert-file=/pki/etcd.crt') && argv.includes('--trusted-ca-file=/pki/etcd-ca.crt'));
  assert.deepEqual(certificates, []);
  assert.equal(health.kind === 'https' && health.certFile, '/pki/etcd.crt');
  assert.deepEqual(unit('kube-scheduler', byHand).startAfter, []);
});

test('an API server by hand makes its host a master', () => {
  const byHand = desired('masterAddress: localhost\neasyCerts: true\napiserver: {enable: true}', {
    ...host,
    roles: [],
  });
  assert.deepEqual(byHand.host.roles, ['master']);
  assert.ok(byHand.certificates.some(({ name }) => name === 'ca-server'));
});

test('everything lies below the root directory', () => {
  const config = parseClusterConfig('roles: [master, node]\nmasterAddress: localhost', 'x');
  const below = resolveDesiredState(config, host, pathsUnder('/data'));
  for (const { directory } of below.certificates) assert.ok(directory.startsWith('/data/'), directory);
  for (const { directories, files } of below.components) {
    for (const { path } of [...directories, ...files]) assert.ok(path.startsWith('/data/'), path);
  }
});

test('a port below 1024 needs one capability and gets only that', () => {
  const { systemdOptions } = unit(
    'kube-apiserver',
    desired('roles: [master]\nmasterAddress: m\napiserver: {securePort: 443}'),
  );
  assert.ok(systemdOptions.includes('AmbientCapabilities=CAP_NET_BIND_SERVICE'));
  assert.ok(!systemdOptions.includes('CapabilityBoundingSet='));
});

test('images are imported into the runtime that the kubelet uses, before it starts and when they change', () => {
  const text = 'roles: [master, node]\nmasterAddress: localhost\nkubelet: {seedImages: [/srv/pause.tar]%}';
  const kubelet = (more: string, programs = {}) =>
    unit('kubelet', desired(text.replace('%', more), { ...host, programs }));
  const ours = kubelet('', { ctr: '/usr/bin/ctr' });
  assert.ok(ours.files.some(({ path, onChange }) => path === '/srv/pause.tar' && onChange === 'restart'));
  const ctr = [
    '--address',
    '/run/containerd/containerd.sock',
    '--namespace',
    'k8s.io',
    'images',
    'import',
    '/srv/pause.tar',
  ];
  assert.deepEqual(ours.preparations, [{ argv: ['/usr/bin/ctr', ...ctr], file: '/srv/pause.tar' }]);
  const foreign = kubelet(', containerRuntimeEndpoint: "unix:///run/other.sock"');
  assert.deepEqual(foreign.preparations?.[0]?.argv.slice(0, 3), ['/usr/local/bin/ctr', '--address', '/run/other.sock']);
  assert.equal(unit('kubelet').preparations, undefined);
});
