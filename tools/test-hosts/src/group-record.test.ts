import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGroupRecord, type GroupRecord, parseGroupRecord } from './group-record.ts';

const delegation = {
  parent: '/sys/fs/cgroup',
  group: '/sys/fs/cgroup/easycerts-hosts-g',
  leaf: '/sys/fs/cgroup/easycerts-hosts-g/init',
  controllers: ['cpu'],
  toEnable: ['cpu'],
  evacuateTo: '/sys/fs/cgroup/easycerts-hosts-g-machine',
};
const valid: GroupRecord = {
  group: 'g',
  folder: '/tmp/hosts',
  base: '/cache/base',
  network: '10.77.0.0/24',
  hosts: ['m1'],
  shares: [{ from: '/a', to: '/b' }],
  delegation,
  owner: { pid: 7, startTicks: '99' },
  startedAt: '2020-01-01T12:00:00.000Z',
};

test('a record is read as it was written', () => {
  assert.deepEqual(parseGroupRecord(formatGroupRecord(valid), 'r'), valid);
  const { delegation: _, owner: __, ...least } = valid;
  assert.deepEqual(parseGroupRecord(formatGroupRecord(least), 'r'), least);
});

test('a damaged record is told as that', () => {
  for (const text of ['', '{', 'null', '[]', '{}', formatGroupRecord(valid).slice(0, -10)]) {
    assert.throws(() => parseGroupRecord(text, 'r'), { code: 'DAMAGED' }, text);
  }
});

test('no file’s word makes us touch what is not ours', () => {
  const rows: [string, object][] = [
    ['another parent', { delegation: { ...delegation, parent: '/sys/fs/cgroup/system.slice' } }],
    ['another group', { delegation: { ...delegation, group: '/sys/fs/cgroup/system.slice' } }],
    ['a way out', { delegation: { ...delegation, group: '/sys/fs/cgroup/easycerts-hosts-g/../system.slice' } }],
    ['another place for processes', { delegation: { ...delegation, evacuateTo: '/sys/fs/cgroup/user.slice' } }],
    ['more than a controller', { delegation: { ...delegation, toEnable: ['cpu -memory'] } }],
    ['a relative folder', { folder: 'hosts' }],
    ['no hosts', { hosts: [] }],
    ['everybody as the owner', { owner: { pid: -1, startTicks: '1' } }],
    ['an unknown key', { more: 1 }],
  ];
  for (const [what, change] of rows) {
    assert.throws(() => parseGroupRecord(JSON.stringify({ ...valid, ...change }), 'r'), { code: 'DAMAGED' }, what);
  }
});
