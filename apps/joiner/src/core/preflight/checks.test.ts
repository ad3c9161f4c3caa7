import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseClusterConfig } from '@easycerts/cluster';
import { preflightChecks, runPreflight, runProgramChecks } from './checks.ts';
import type { PreflightFacts, PreflightInput, PreflightWants, ProgramFacts } from './facts.ts';
import { preflightWants } from './wants.ts';

const configOf = (text = ''): ReturnType<typeof parseClusterConfig> =>
  parseClusterConfig(`masterAddress: m1.example\n${text}`, 'cluster.yaml', text.includes('[node]') ? { node: {} } : {});
const wants: PreflightWants = preflightWants({ config: configOf('roles: [node]'), role: 'node', isConfigured: true });
const masterWants = preflightWants({ config: configOf('roles: [master]'), role: 'master', isConfigured: true });

const programs: readonly ProgramFacts[] = [...wants.programs, ...masterWants.programs].map(
  ({ directory, kind, name }) => ({
    name,
    path: `${directory ?? '/usr/bin'}/${name}`,
    isFound: true,
    ...(kind === 'kubernetes' ? { version: 'Kubernetes v1.36.3' } : {}),
    ...(kind === 'containerd' ? { version: 'containerd github.com/containerd/containerd/v2 v2.2.1 abc' } : {}),
  }),
);

/** A host that nothing is wrong with. */
const facts: PreflightFacts = {
  isRoot: true,
  features: { overlay: 'ready', br_netfilter: 'ready', nf_conntrack: 'ready', vxlan: 'ready' },
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.bridge.bridge-nf-call-iptables': '1' },
  swaps: [],
  cgroups: 'v2',
  cgroupControllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'],
  serviceManager: 'systemd',
  listeners: [],
  programs,
  hostName: 'n1',
  endpoints: [{ endpoint: 'm1.example:7445', clockAheadMs: 300 }],
  varFreeBytes: 50 * 1024 ** 3,
  folders: [{ path: '/var/lib/easycerts', freeBytes: 1024 ** 3 }],
  memoryBytes: 4 * 1024 ** 3,
  hasClusterFile: false,
  configProblems: [],
};

const withProgram = (name: string, changes: Partial<ProgramFacts>): Partial<PreflightFacts> => ({
  programs: programs.map((program) => (program.name === name ? { ...program, ...changes } : program)),
});
const withFeature = (feature: keyof PreflightFacts['features'], state: PreflightFacts['features'][typeof feature]) => ({
  features: { ...facts.features, [feature]: state },
});
const away = { endpoint: 'm1.example:7445', problem: 'ECONNREFUSED' };
const listener = { port: 10_250, address: '0.0.0.0' };

interface Row {
  readonly name: string;
  readonly facts: Partial<PreflightFacts>;
  readonly wants?: Partial<PreflightWants>;
  /** `check severity`, or undefined when nothing is to be found. */
  readonly found?: string;
}

const rows: readonly Row[] = [
  { name: 'a host that nothing is wrong with', facts: {} },
  { name: 'a user who is not root', facts: { isRoot: false }, found: 'root error' },
  { name: 'no systemd', facts: { serviceManager: 'process' }, found: 'service-manager error' },
  { name: 'localhost', facts: { hostName: 'localhost' }, found: 'host-name error' },
  { name: 'localhost with a domain', facts: { hostName: 'localhost.localdomain' }, found: 'host-name error' },
  { name: 'a name with an underscore', facts: { hostName: 'my_host' }, found: 'host-name error' },
  { name: 'a name in capitals with a domain', facts: { hostName: 'N1.example.org' } },
  { name: 'the name of an image', facts: { hostName: 'debian' }, found: 'host-name warning' },
  { name: 'a cluster.yaml on a node', facts: { hasClusterFile: true }, found: 'configuration error' },
  { name: 'a cluster.yaml on a master', facts: { hasClusterFile: true }, wants: { role: 'master' } },
  { name: 'a damaged node.yaml', facts: { configProblems: ['kubelet: unknown'] }, found: 'configuration error' },
  { name: 'br_netfilter that is not loaded', facts: withFeature('br_netfilter', 'loadable'), found: 'kernel error' },
  { name: 'overlay that the kernel loads when it is used', facts: withFeature('overlay', 'loadable') },
  { name: 'vxlan that the kernel loads when it is used', facts: withFeature('vxlan', 'loadable') },
  { name: 'nf_conntrack that the kernel loads when it is used', facts: withFeature('nf_conntrack', 'loadable') },
  { name: 'a kernel without overlay', facts: withFeature('overlay', 'absent'), found: 'kernel error' },
  { name: 'a kernel without vxlan', facts: withFeature('vxlan', 'absent'), found: 'kernel error' },
  {
    name: 'a kernel without vxlan that nobody needs',
    facts: withFeature('vxlan', 'absent'),
    wants: { usesVxlan: false },
  },
  { name: 'a kernel that does not tell', facts: withFeature('vxlan', 'unknown'), found: 'kernel warning' },
  { name: 'a master without pods and modules', facts: withFeature('overlay', 'absent'), wants: { runsPods: false } },
  { name: 'no forwarding', facts: { sysctls: { 'net.ipv4.ip_forward': '0' } }, found: 'ip-forward error' },
  { name: 'forwarding that nobody can see', facts: { sysctls: {} }, found: 'ip-forward error' },
  {
    name: 'bridges that pass iptables by',
    facts: { sysctls: { ...facts.sysctls, 'net.bridge.bridge-nf-call-iptables': '0' } },
    found: 'bridge-filter error',
  },
  { name: 'no sysctl of bridges', facts: { sysctls: { 'net.ipv4.ip_forward': '1' } } },
  { name: 'swap', facts: { swaps: ['/dev/sda2'] }, found: 'swap error' },
  { name: 'swap that kubelet bears', facts: { swaps: ['/dev/sda2'] }, wants: { failsOnSwap: false } },
  { name: 'no memory controller', facts: { cgroupControllers: ['cpuset', 'cpu', 'pids'] }, found: 'cgroups error' },
  { name: 'cgroup v1', facts: { cgroups: 'v1' }, found: 'cgroups warning' },
  { name: 'cgroup v1 with v2 beside it', facts: { cgroups: 'hybrid' }, found: 'cgroups warning' },
  {
    name: 'a foreign program on kubelet’s port',
    facts: { listeners: [{ ...listener, program: 'x' }] },
    found: 'ports error',
  },
  {
    name: 'a foreign unit on kubelet’s port',
    facts: { listeners: [{ ...listener, unit: 'k3s' }] },
    found: 'ports error',
  },
  { name: 'a program that cannot be seen', facts: { listeners: [listener] }, found: 'ports error' },
  { name: 'our kubelet on its port', facts: { listeners: [{ ...listener, program: 'kubelet', unit: 'kubelet' }] } },
  { name: 'somebody on another port', facts: { listeners: [{ port: 22, address: '::', unit: 'ssh' }] } },
  { name: 'no kubelet', facts: withProgram('kubelet', { isFound: false }), found: 'programs error' },
  {
    name: 'no kubelet where it is only likely',
    facts: withProgram('kubelet', { isFound: false }),
    wants: { isConfigured: false },
    found: 'programs warning',
  },
  {
    name: 'no iptables, which has no folder of its own',
    facts: withProgram('iptables', { isFound: false }),
    wants: { isConfigured: false },
    found: 'programs error',
  },
  { name: 'no CNI plugin', facts: withProgram('bridge', { isFound: false }), found: 'programs error' },
  {
    name: 'an old kubelet',
    facts: withProgram('kubelet', { version: 'Kubernetes v1.28.2' }),
    found: 'versions warning',
  },
  {
    name: 'a kubelet of the future',
    facts: withProgram('kubelet', { version: 'Kubernetes v2.0.0' }),
    found: 'versions warning',
  },
  { name: 'a kubelet that says nothing', facts: withProgram('kubelet', { version: '' }), found: 'versions warning' },
  {
    name: 'containerd 1',
    facts: withProgram('containerd', { version: 'containerd containerd.io 1.7.24 x' }),
    found: 'versions warning',
  },
  { name: 'a master that is away', facts: { endpoints: [away] }, found: 'master error' },
  {
    name: 'one master of two that is away',
    facts: { endpoints: [away, { endpoint: 'm2:7445' }] },
    found: 'master warning',
  },
  { name: 'a master that tells no time', facts: { endpoints: [{ endpoint: 'm1:7445' }] } },
  { name: 'no master to ask', facts: { endpoints: [] } },
  {
    name: 'a clock that is a minute off',
    facts: { endpoints: [{ endpoint: 'm1:7445', clockAheadMs: 60_000 }] },
    found: 'clock warning',
  },
  // before the master is trusted, its time is not worth more than a warning
  {
    name: 'a clock that is a day off',
    facts: { endpoints: [{ endpoint: 'm1:7445', clockAheadMs: -86_400_000 }] },
    found: 'clock warning',
  },
  { name: 'a disk with little room', facts: { varFreeBytes: 2 * 1024 ** 3 }, found: 'disk warning' },
  { name: 'a full disk', facts: { varFreeBytes: 1024 ** 2 }, found: 'disk error' },
  {
    name: 'a full file system for our state alone',
    facts: { folders: [{ path: '/var/lib/easycerts', freeBytes: 4096 }] },
    found: 'disk error',
  },
  { name: 'little memory', facts: { memoryBytes: 512 * 1024 ** 2 }, found: 'memory warning' },
];

describe('preflight', () => {
  for (const { facts: changed, found, name, wants: changedWants } of rows) {
    test(name, () => {
      const input: PreflightInput = { facts: { ...facts, ...changed }, wants: { ...wants, ...changedWants } };
      assert.deepEqual(
        runPreflight(input).map(({ check, severity }) => `${check} ${severity}`),
        found === undefined ? [] : [found],
      );
    });
  }

  test('every check has a row that breaks exactly it', () => {
    const broken = new Set(rows.map(({ found }) => found?.split(' ')[0]));
    assert.deepEqual(
      preflightChecks.filter(({ name }) => !broken.has(name)),
      [],
    );
  });

  test('everything is told at once, in the order of the checks', () => {
    const findings = runPreflight({ facts: { ...facts, isRoot: false, swaps: ['a'], endpoints: [away] }, wants });
    assert.deepEqual(
      findings.map(({ check }) => check),
      ['root', 'swap', 'master'],
    );
  });

  test('every finding has a cure', () => {
    for (const { facts: changed, wants: changedWants } of rows) {
      for (const { cure, message } of runPreflight({
        facts: { ...facts, ...changed },
        wants: { ...wants, ...changedWants },
      })) {
        assert.ok(cure.length > 10, message);
      }
    }
  });

  test('programs can be checked alone', () => {
    const input = { facts: { ...facts, isRoot: false, ...withProgram('runc', { isFound: false }) }, wants };
    assert.deepEqual(
      runProgramChecks(input).map(({ check }) => check),
      ['programs'],
    );
  });
});

describe('what is wanted', () => {
  test('of a master: its ports, each with the unit that may hold it', () => {
    const units = new Map(masterWants.ports.map(({ port, unit }) => [port, unit]));
    for (const [port, unit] of [
      [6443, 'kube-apiserver'],
      [2379, 'etcd'],
      [2380, 'etcd'],
      [4222, 'easycerts-nats'],
      [7443, 'easycerts-ca'],
      [7444, 'easycerts-ca'],
      [7445, 'easycerts-ca'],
      [10_250, 'kubelet'],
      [10_256, 'kube-proxy'],
      [10_257, 'kube-controller-manager'],
      [10_259, 'kube-scheduler'],
    ] as const) {
      assert.equal(units.get(port), unit);
    }
  });

  test('of a node: nothing of a master', () => {
    assert.ok(!wants.ports.some(({ port }) => [6443, 2379, 4222, 7443].includes(port)));
    assert.ok(!wants.programs.some(({ name }) => name === 'kube-apiserver'));
  });

  test('follows the configuration', () => {
    const config = configOf(
      'roles: [node]\nbinDir: /opt/k\nproxy: {mode: nftables}\nflannel: {backend: host-gw}\nkubelet: {extraConfig: {failSwapOn: false}}',
    );
    const given = preflightWants({ config, role: 'node', isConfigured: true });
    const folders = new Map(given.programs.map(({ directory, name }) => [name, directory]));
    assert.deepEqual([folders.get('kubelet'), folders.has('nft'), folders.has('iptables')], ['/opt/k', true, false]);
    assert.deepEqual([given.usesVxlan, given.failsOnSwap], [false, false]);
  });
});
