import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cgroupControllers, featureState, type KernelTexts, swapsIn } from './kernel-facts.ts';

const nothing: KernelTexts = {
  modules: '',
  filesystems: 'nodev\tproc\n\text4\n',
  sysModules: [],
  bridgeSysctls: [],
  netfilterSysctls: [],
  builtin: 'kernel/fs/ext4/ext4.ko\n',
  available: 'kernel/fs/fuse/fuse.ko.zst:\n',
};

describe('featureState', () => {
  for (const [name, feature, changes, wanted] of [
    ['a module that is loaded', 'vxlan', { modules: 'vxlan 126976 0 - Live 0x0\n' }, 'ready'],
    [
      'a module of which another one begins with the name',
      'overlay',
      { modules: 'overlayfs_x 1 0 - Live 0x0\n' },
      'absent',
    ],
    [
      'a module that is only used by another',
      'br_netfilter',
      { modules: 'bridge 1 1 br_netfilter, Live 0x0\n' },
      'absent',
    ],
    ['a part of the kernel with parameters', 'vxlan', { sysModules: ['vxlan'] }, 'ready'],
    ['a part of the kernel', 'vxlan', { builtin: 'kernel/drivers/net/vxlan/vxlan.ko\n' }, 'ready'],
    ['a hyphen instead of an underscore', 'br_netfilter', { builtin: 'kernel/net/bridge/br-netfilter.ko\n' }, 'ready'],
    ['a file system that is registered', 'overlay', { filesystems: 'nodev\toverlay\n' }, 'ready'],
    ['sysctls of bridges', 'br_netfilter', { bridgeSysctls: ['bridge-nf-call-iptables'] }, 'ready'],
    ['sysctls of connections', 'nf_conntrack', { netfilterSysctls: ['nf_conntrack_max'] }, 'ready'],
    ['a module on disk', 'vxlan', { available: 'kernel/drivers/net/vxlan/vxlan.ko.xz: a b\n' }, 'loadable'],
    ['a module nowhere', 'vxlan', {}, 'absent'],
    ['no list of modules', 'vxlan', { builtin: undefined, available: undefined }, 'unknown'],
  ] as const) {
    test(`${name}: ${wanted}`, () => {
      assert.equal(featureState(feature, { ...nothing, ...changes }), wanted);
    });
  }
});

describe('cgroupControllers', () => {
  const table = '#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t2\t10\t1\nmemory\t3\t10\t0\n';

  test('with v1 are those that the kernel has not turned off', () => {
    for (const layout of ['v1', 'hybrid'] as const) {
      assert.deepEqual(cgroupControllers({ layout, table, unified: 'pids' }), ['cpu']);
    }
  });

  test('with v2 are those of its root', () => {
    assert.deepEqual(cgroupControllers({ layout: 'v2', table, unified: 'cpu memory pids\n' }), [
      'cpu',
      'memory',
      'pids',
    ]);
    assert.deepEqual(cgroupControllers({ layout: 'v2', table, unified: undefined }), []);
  });
});

test('swapsIn leaves the head of the table out', () => {
  const text =
    'Filename\t\t\tType\t\tSize\tUsed\tPriority\n/dev/sda2                               partition\t1\t0\t-2\n';
  assert.deepEqual(swapsIn(text), ['/dev/sda2']);
  assert.deepEqual(swapsIn(''), []);
});
