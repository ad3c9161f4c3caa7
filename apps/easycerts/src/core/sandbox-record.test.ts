import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import type { Delegation } from '@easycerts/runtime';
import { formatSandboxRecord, parseSandboxRecord, type SandboxRecord } from './sandbox-record.ts';

const valid: SandboxRecord = {
  bootId: 'b',
  cable: { cidr: '10.231.0.0/30', machineAddress: '10.231.0.1', sandboxAddress: '10.231.0.2', prefixLength: 30 },
  groups: ['/sys/fs/cgroup/easycerts-3fa9c1', '/sys/fs/cgroup/cpu,cpuacct/easycerts-3fa9c1'],
  modules: [],
  isAttached: true,
  startedAt: '2020-01-01T12:00:00.000Z',
};

test('what is written is read', () => assert.deepEqual(parseSandboxRecord(formatSandboxRecord(valid), 'x'), valid));

test('a record without a sandbox is one too', () => {
  const { cable: _, ...plain } = { ...valid, groups: [] };
  assert.deepEqual(parseSandboxRecord(formatSandboxRecord(plain), 'x'), plain);
});

const delegation: Delegation = {
  parent: '/sys/fs/cgroup',
  group: '/sys/fs/cgroup/easycerts-3fa9c1',
  leaf: '/sys/fs/cgroup/easycerts-3fa9c1/init',
  controllers: ['cpu'],
  toEnable: ['cpu'],
  evacuateTo: '/sys/fs/cgroup/easycerts-3fa9c1-machine',
};

test('a delegation is read', () => {
  const record = { ...valid, delegation };
  assert.deepEqual(parseSandboxRecord(formatSandboxRecord(record), 'x'), record);
});

const hostile: readonly [string, unknown][] = [
  ['no JSON', undefined],
  ['a text', 'x'],
  ['no boot id', { ...valid, bootId: 1 }],
  ['groups that are no list', { ...valid, groups: '/sys/fs/cgroup/easycerts-3fa9c1' }],
  ['a group of somebody else', { ...valid, groups: ['/sys/fs/cgroup/system.slice'] }],
  ['the root of a hierarchy', { ...valid, groups: ['/sys/fs/cgroup'] }],
  ['a way out', { ...valid, groups: ['/sys/fs/cgroup/../../../home/easycerts-3fa9c1'] }],
  ['another folder', { ...valid, groups: ['/home/easycerts-3fa9c1'] }],
  ['a delegation from elsewhere', { ...valid, delegation: { ...delegation, parent: '/home' } }],
  [
    'processes moved to somebody else',
    { ...valid, delegation: { ...delegation, evacuateTo: '/sys/fs/cgroup/system.slice' } },
  ],
  ['a delegation that is none', { ...valid, delegation: null }],
  ['controllers that are none', { ...valid, delegation: { ...delegation, toEnable: ['cpu\n'] } }],
  ['a loaded module with a way out', { ...valid, modules: ['../x'] }],
];
for (const [name, value] of hostile)
  test(`refused: ${name}`, () => {
    const text = value === undefined ? '{' : JSON.stringify(value);
    assert.throws(
      () => parseSandboxRecord(text, '/data/record.json'),
      (error) => isAppError(error, 'DAMAGED') && error.details.cure !== undefined,
    );
  });
