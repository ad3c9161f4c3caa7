import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { groupNames } from './group-names.ts';
import { planNetwork } from './host-network.ts';
import { type HostPlan, hostFolders } from './host-plan.ts';
import { renderHostScript } from './host-script.ts';

const network = planNetwork('10.77.0.0/24', ['m1', 'n1']);
const hybrid: HostPlan = {
  host: 'n1',
  names: groupNames('g'),
  network,
  cable: network.cables[1] ?? assert.fail(),
  cgroups: {
    layout: 'hybrid',
    hierarchies: [
      { version: 1, mountPoint: '/sys/fs/cgroup/cpu,cpuacct', mountOptions: ['cpu', 'cpuacct'] },
      { version: 1, mountPoint: '/sys/fs/cgroup/systemd', mountOptions: ['none', 'name=systemd'] },
      { version: 2, mountPoint: '/sys/fs/cgroup/unified', mountOptions: [] },
    ],
  },
  groups: ['cpu,cpuacct', 'systemd', 'unified'].map((name) => `/sys/fs/cgroup/${name}/easycerts-hosts-g/n1`),
  base: '/cache/base',
  folders: hostFolders('/data', 'n1'),
  shares: [{ from: '/cache/bin', to: '/opt/kubernetes/bin' }],
};
const v2: HostPlan = {
  ...hybrid,
  cgroups: { layout: 'v2', hierarchies: [{ version: 2, mountPoint: '/sys/fs/cgroup', mountOptions: [] }] },
  groups: ['/sys/fs/cgroup/easycerts-hosts-g/n1'],
};

/** The commands of one stage. */
function stage(plan: HostPlan, name: string): string {
  const text = renderHostScript(plan);
  execFileSync('sh', ['-n'], { input: text });
  return new RegExp(`^${name}\\)\\n([^]*?)\\n  ;;$`, 'm').exec(text)?.[1] ?? assert.fail(name);
}

/** Asserts that these stand in the text, one after the other. */
function assertInOrder(text: string, parts: readonly string[]): void {
  let from = 0;
  for (const part of parts) {
    const at = text.indexOf(part, from);
    assert.ok(at >= 0, `${part} (in this order) in:\n${text}`);
    from = at + part.length;
  }
}

test('a host is in its group of every hierarchy before its cgroup namespace is made', () => {
  assertInOrder(stage(hybrid, 'launch'), [
    'echo 0 > /sys/fs/cgroup/cpu,cpuacct/easycerts-hosts-g/n1/cgroup.procs',
    'echo 0 > /sys/fs/cgroup/systemd/easycerts-hosts-g/n1/cgroup.procs',
    'echo 0 > /sys/fs/cgroup/unified/easycerts-hosts-g/n1/cgroup.procs',
    'exec unshare --cgroup',
  ]);
});

test('in v2 no process stays in the root of the host’s groups', () => {
  const group = '/sys/fs/cgroup/easycerts-hosts-g/n1';
  assertInOrder(stage(v2, 'supervise'), [`echo 0 > ${group}/supervisor/cgroup.procs`, 'unshare --fork']);
  assertInOrder(stage(v2, 'inside'), [`echo 0 > ${group}/init.scope/cgroup.procs`, 'exec env -i']);
  assertInOrder(stage(v2, 'exec'), [`echo 0 > ${group}/exec/cgroup.procs`, 'exec nsenter']);
  assert.doesNotMatch(stage(hybrid, 'supervise') + stage(hybrid, 'inside'), /cgroup\.procs/);
});

test('the hierarchies are mounted inside as they are on the machine', () => {
  const inside = stage(hybrid, 'inside');
  assertInOrder(inside, [
    `mount -t cgroup -o cpu,cpuacct cgroup "$r"/sys/fs/cgroup/cpu,cpuacct`,
    `mount -t cgroup -o none,name=systemd cgroup "$r"/sys/fs/cgroup/systemd`,
    `mount -t cgroup2 cgroup2 "$r"/sys/fs/cgroup/unified`,
    'mount -o remount,bind,ro "$r/sys"',
  ]);
  assert.match(stage(v2, 'inside'), /mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "\$r\/sys\/fs\/cgroup"/);
});

test('network and root are made anew at every start, also after a reboot', () => {
  assertInOrder(stage(hybrid, 'supervise'), ['while', 'sh "$0" network', 'sh "$0" inside', '!= 129', 'exit', 'done']);
  assertInOrder(stage(hybrid, 'network'), [
    'ip netns del ec.g.n1',
    'ip netns add ec.g.n1',
    'ip -n ec.g link add p1 type veth peer name eth0 address 02:ec:00:00:00:0b netns ec.g.n1',
    '[ -e /data/n1/cut ] || ip -n ec.g link set p1 up',
    '\naddress add 10.77.0.11/24 dev eth0\n',
    '\nEOF',
  ]);
});

test('of the machine’s settings only those of the network can be written', () => {
  assertInOrder(stage(hybrid, 'inside'), [
    'mount --bind "$r/proc/sys/net" "$r/proc/sys/net"',
    'mount -o remount,bind,ro,nosuid,nodev,noexec "$r/proc/sys"',
    'mount --bind "$r/run/settings/boot_id"',
    'pivot_root . .old',
    'systemd --system',
  ]);
});

test('a host is known only when its root is its own, so that no command meant for it runs on the machine', () => {
  assertInOrder(stage(hybrid, 'inside'), [
    'exec 3> /data/n1/init',
    'pivot_root',
    'umount --lazy /.old',
    '>&3',
    'exec env',
  ]);
});

test('what is shared is read-only', () => {
  const target = '"$r"/opt/kubernetes/bin';
  assertInOrder(stage(hybrid, 'inside'), [
    `mkdir -p ${target}; mount --bind /cache/bin ${target}; mount -o remount,bind,ro ${target}`,
  ]);
});

test('a hostile path stays one word', () => {
  const hostile = "/da ta/$(touch /tmp/x)/`id`/';rm -rf /;'\nEOF\nid";
  const plan = {
    ...hybrid,
    base: hostile,
    folders: hostFolders(hostile, 'n1'),
    shares: [{ from: hostile, to: hostile }],
  };
  const text = renderHostScript(plan);
  execFileSync('sh', ['-n'], { input: text });
  assert.ok(text.includes('touch /tmp/x'));
  // What quotes hold is one word (shellQuote is tested by a shell); nothing of the path may stand outside.
  assert.ok(!text.replaceAll(/'[^']*'|\\'/g, '').includes('touch'));
});
