import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupPlan } from '@easycerts/runtime';
import { cgroupLinks, planSystem } from './system-plan.ts';

const hybrid: CgroupPlan = {
  layout: 'hybrid',
  hierarchies: [
    { version: 1, mountPoint: '/sys/fs/cgroup/cpu,cpuacct', mountOptions: ['cpu', 'cpuacct'] },
    { version: 1, mountPoint: '/sys/fs/cgroup/systemd', mountOptions: ['none', 'name=systemd'] },
    { version: 2, mountPoint: '/sys/fs/cgroup/unified', mountOptions: [] },
  ],
  groups: [],
};
const v2: CgroupPlan = {
  layout: 'v2',
  hierarchies: [{ version: 2, mountPoint: '/sys/fs/cgroup', mountOptions: [] }],
  groups: [],
};
const valid = {
  topLevel: [{ path: '/usr' }, { path: '/bin', linkTarget: 'usr/bin' }, { path: '/lib' }],
  varDirectory: '/data/var',
  cgroups: hybrid,
  bootId: 'b00t',
};
const indexOf = (targets: readonly string[], target: string): number => {
  const index = targets.indexOf(target);
  assert.notEqual(index, -1, `${target} is mounted`);
  return index;
};

test('links of the machine’s root stay links, folders are shown read-only', () => {
  const { entries, mounts } = planSystem(valid);
  assert.ok(entries.some((entry) => entry.kind === 'symlink' && entry.path === '/bin' && entry.target === 'usr/bin'));
  assert.deepEqual(
    mounts.filter(({ options }) => options.includes('ro')).map(({ target }) => target),
    ['/usr', '/lib'],
  );
});

test('nothing of the machine but /var of the data directory is writable', () => {
  const { mounts } = planSystem(valid);
  const writable = mounts.filter(
    (mount) => mount.type === 'none' && !mount.fromInside && !mount.options.includes('ro'),
  );
  assert.deepEqual(
    writable.map(({ source, target }) => [source, target]),
    [['/data/var', '/var']],
  );
});

test('what is mounted on a mount comes after it', () => {
  const targets = planSystem(valid).mounts.map(({ target }) => target);
  const chain = ['/proc', '/proc/sys', '/proc/sys/net', '/proc/sys/kernel/panic'].map((target) =>
    indexOf(targets, target),
  );
  assert.deepEqual(
    chain,
    chain.toSorted((a, b) => a - b),
  );
  assert.ok(indexOf(targets, '/sys') < indexOf(targets, '/sys/fs/cgroup'));
  assert.ok(indexOf(targets, '/sys/fs/cgroup') < indexOf(targets, '/sys/fs/cgroup/unified'));
});

test('the boot id is the sandbox’s own', () => {
  const { entries, mounts } = planSystem(valid);
  const source = mounts.find(({ target }) => target === '/proc/sys/kernel/random/boot_id')?.source;
  assert.ok(entries.some((entry) => entry.kind === 'file' && entry.path === source && entry.content === 'b00t\n'));
});

test('v1 and hybrid: every hierarchy again under its name, with links for controllers that share one', () => {
  const { mounts } = planSystem(valid);
  const options = mounts.find(({ target }) => target === '/sys/fs/cgroup/systemd')?.options;
  assert.ok(options?.includes('none') && options.includes('name=systemd'));
  assert.deepEqual(cgroupLinks(hybrid), [
    { path: '/sys/fs/cgroup/cpu', target: 'cpu,cpuacct' },
    { path: '/sys/fs/cgroup/cpuacct', target: 'cpu,cpuacct' },
  ]);
});

test('v2: one mount, no links', () => {
  const targets = planSystem({ ...valid, cgroups: v2 }).mounts.filter(({ target }) =>
    target.startsWith('/sys/fs/cgroup'),
  );
  assert.deepEqual(
    targets.map(({ type }) => type),
    ['cgroup2'],
  );
  assert.deepEqual(cgroupLinks(v2), []);
});
