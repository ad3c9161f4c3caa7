import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemUsers } from '@easycerts/cluster';
import { addSystemUsers } from './system-users.ts';

const machine = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh',
  group: 'root:x:0:\nme:x:1000:\n',
};
const idsOf = (text: string): Map<string, string | undefined> =>
  new Map(text.split('\n').map((line) => [line.split(':')[0] ?? '', line.split(':')[2]]));

test('every user of ours is there, with a group of the same number, and the machine’s stay', () => {
  const { passwd, group } = addSystemUsers(machine.passwd, machine.group);
  for (const { name } of systemUsers) assert.equal(idsOf(passwd).get(name), idsOf(group).get(name));
  assert.equal(idsOf(passwd).get('me'), '1000');
  assert.equal(new Set(idsOf(passwd).values()).size, idsOf(passwd).size);
});

test('the same machine gives the same numbers', () => {
  assert.deepEqual(addSystemUsers(machine.passwd, machine.group), addSystemUsers(machine.passwd, machine.group));
});

test('a number that is taken is left alone', () => {
  const first = idsOf(addSystemUsers('', '').passwd).get('easycerts-ca');
  const { passwd } = addSystemUsers(`other:x:${first}:${first}::/:/bin/sh\n`, '');
  assert.notEqual(idsOf(passwd).get('easycerts-ca'), first);
});

test('a user of the machine with our name is kept, and joins no other group', () => {
  const { passwd, group } = addSystemUsers('etcd:x:110:115::/var/lib/etcd:/bin/false\n', 'etcd:x:115:\n');
  assert.equal(passwd.match(/^etcd:/gm)?.length, 1);
  assert.equal(group.match(/^etcd:/gm)?.length, 1);
});

test('our user joins a group of the machine with its name', () => {
  const { passwd } = addSystemUsers('', 'etcd:x:115:\n');
  assert.match(passwd, /^etcd:x:\d+:115:/m);
});

test('numbers fit into 16 bits, for containers with few ids', () => {
  for (const id of idsOf(addSystemUsers('', '').passwd).values()) assert.ok(Number(id ?? 0) < 65_534);
});
