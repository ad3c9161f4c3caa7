import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findHierarchies, layoutOf, type ParentGroup, planCgroups } from './cgroup-plan.ts';
import { parseMountInfo } from './mountinfo.ts';

const hybrid = `
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset,clone_children
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,release_agent=/lib/systemd/systemd-cgroups-agent,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate`;
const v1 = hybrid
  .split('\n')
  .filter((line) => !line.includes('cgroup2'))
  .join('\n');
const v2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot';
const all = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'];
const machineRoot: ParentGroup = {
  controllers: all,
  subtreeControl: ['cpu', 'io', 'memory', 'pids'],
  isMachineRoot: true,
  hasProcesses: true,
};
const hierarchiesOf = (text: string) => findHierarchies(parseMountInfo(text));

for (const [layout, text] of [
  ['v1', v1],
  ['hybrid', hybrid],
  ['v2', v2],
] as const)
  test(`a machine with ${layout} is recognised`, () => assert.equal(layoutOf(hierarchiesOf(text)), layout));

test('a machine without control groups has no plan', () => {
  assert.equal(planCgroups(hierarchiesOf(''), 'easycerts-1', undefined), undefined);
});

test('v1 hierarchies keep the options that name them, and only those', () => {
  assert.deepEqual(
    hierarchiesOf(v1).map(({ mountOptions }) => mountOptions),
    [['cpu', 'cpuacct'], ['cpuset'], ['none', 'name=systemd']],
  );
});

test('a cgroup mount elsewhere (lxcfs, snap, a chroot) does not count', () => {
  assert.deepEqual(hierarchiesOf('99 1 0:26 / /var/lib/lxcfs/cgroup rw - cgroup2 cgroup2 rw'), []);
});

test('a hierarchy mounted twice in one place counts once', () => {
  assert.equal(hierarchiesOf(`${v2}\n${v2}`).length, 1);
});

test('hybrid: one group in every hierarchy, cpuset has to be filled, nothing is delegated', () => {
  const plan = planCgroups(hierarchiesOf(hybrid), 'easycerts-1', undefined);
  assert.deepEqual(plan?.groups, [
    '/sys/fs/cgroup/cpu,cpuacct/easycerts-1',
    '/sys/fs/cgroup/cpuset/easycerts-1',
    '/sys/fs/cgroup/systemd/easycerts-1',
    '/sys/fs/cgroup/unified/easycerts-1',
  ]);
  assert.deepEqual(plan?.cpuset, { parent: '/sys/fs/cgroup/cpuset', group: '/sys/fs/cgroup/cpuset/easycerts-1' });
  assert.equal(plan?.delegation, undefined);
});

test('v2: processes start in a leaf, only the missing controllers are switched on, the root keeps its processes', () => {
  assert.deepEqual(planCgroups(hierarchiesOf(v2), 'easycerts-1', machineRoot)?.delegation, {
    parent: '/sys/fs/cgroup',
    group: '/sys/fs/cgroup/easycerts-1',
    leaf: '/sys/fs/cgroup/easycerts-1/init',
    controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'],
    toEnable: ['cpuset', 'hugetlb'],
  });
});

test('v2 inside a container: the processes beside us move to a leaf, since their group cannot hand controllers down', () => {
  const parent = { ...machineRoot, isMachineRoot: false, subtreeControl: [] };
  const plan = planCgroups(hierarchiesOf(v2), 'easycerts-1', parent);
  assert.equal(plan?.delegation?.evacuateTo, '/sys/fs/cgroup/easycerts-1-machine');
});

for (const [name, change] of [
  ['they already moved', { hasProcesses: false }],
  ['every controller is handed down already', { subtreeControl: all }],
] as const)
  test(`v2 inside a container: nothing moves when ${name}`, () => {
    const parent = { ...machineRoot, isMachineRoot: false, subtreeControl: [], ...change };
    assert.equal(planCgroups(hierarchiesOf(v2), 'easycerts-1', parent)?.delegation?.evacuateTo, undefined);
  });

test('v2: controllers that the kernel does not have are not asked for', () => {
  const plan = planCgroups(hierarchiesOf(v2), 'easycerts-1', { ...machineRoot, controllers: ['cpu', 'memory'] });
  assert.deepEqual(plan?.delegation?.controllers, ['cpu', 'memory']);
});
