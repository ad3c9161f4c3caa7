import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import type { CgroupPlan } from '@easycerts/runtime';
import { instanceOf } from './instance.ts';
import { renderStartScript, type StartPlan } from './start-script.ts';

const v1: CgroupPlan = {
  layout: 'v1',
  hierarchies: [{ version: 1, mountPoint: '/sys/fs/cgroup/cpu,cpuacct', mountOptions: ['cpu', 'cpuacct'] }],
  groups: ['/sys/fs/cgroup/cpu,cpuacct/easycerts-1'],
};
const v2: CgroupPlan = {
  layout: 'v2',
  hierarchies: [{ version: 2, mountPoint: '/sys/fs/cgroup', mountOptions: [] }],
  groups: ['/sys/fs/cgroup/easycerts-1'],
  delegation: {
    parent: '/sys/fs/cgroup',
    group: '/sys/fs/cgroup/easycerts-1',
    leaf: '/sys/fs/cgroup/easycerts-1/init',
    controllers: ['cpu', 'memory'],
    toEnable: [],
  },
};
const valid: StartPlan = {
  instance: instanceOf('/data'),
  hostName: 'easycerts',
  cgroups: v1,
  cable: { cidr: '10.231.0.0/30', machineAddress: '10.231.0.1', sandboxAddress: '10.231.0.2', prefixLength: 30 },
  root: '/data/root',
  skeleton: '/data/skeleton',
  fstab: '/data/fstab',
  pidFile: '/data/init.pid',
  command: ['/opt/tini', '--', '/opt/node', 'supervise'],
  env: { PATH: '/usr/bin', GREETING: "it's" },
};
const check = (text: string): void => void execFileSync('sh', ['-n'], { input: text });

for (const [name, cgroups] of [
  ['v1', v1],
  ['v2', v2],
] as const)
  test(`${name}: the shell can read it`, () => check(renderStartScript({ ...valid, cgroups })));

test('every hierarchy is joined before the cgroup namespace is made', () => {
  const text = renderStartScript(valid);
  assert.ok(text.indexOf(`echo 0 > '/sys/fs/cgroup/cpu,cpuacct`) < 0, 'a comma needs no quotes');
  assert.ok(
    text.indexOf('echo 0 > /sys/fs/cgroup/cpu,cpuacct/easycerts-1/cgroup.procs') < text.indexOf('unshare --cgroup'),
  );
});

test('v2: into the leaf after the cgroup namespace, controllers only then', () => {
  const text = renderStartScript({ ...valid, cgroups: v2 });
  const order = ['unshare --cgroup', 'easycerts-1/init/cgroup.procs', 'echo +cpu', 'echo +memory', 'unshare --fork'];
  const places = order.map((words) => text.indexOf(words));
  assert.ok(places.every((place) => place > 0));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});

test('the machine’s root is left before anything of ours runs, and mounts stay inside', () => {
  const text = renderStartScript(valid);
  const order = ['--propagation private', 'pivot_root', 'umount --lazy /.old', '--make-rshared', 'exec env -i'];
  const places = order.map((words) => text.lastIndexOf(words));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});

test('a hostile path stays one word', () => {
  const hostile = "/da ta/$(touch /tmp/x)/`id`/';rm -rf /;'";
  const text = renderStartScript({ ...valid, root: hostile, instance: instanceOf(`${hostile}"\nlink delete eth0`) });
  check(text);
  assert.ok(!/^link delete/m.test(text), 'no command of ip is added');
});
