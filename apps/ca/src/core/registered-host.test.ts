import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostRecordKey } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { master, node, registered } from '../../test/fixture.ts';
import { decodeRegisteredHost, encodeRegisteredHost, roleOf } from './registered-host.ts';

test('a host is read back as it was written', () => {
  for (const host of [registered(master), registered(node, true), registered({ ...node, addresses: [] })]) {
    assert.deepEqual(decodeRegisteredHost(hostRecordKey(host.record.name), encodeRegisteredHost(host)), host);
  }
});

const enrolment = { tokenId: '3f9c2b7a10de', requestHash: 'ab', serial: 'cd', joinedAtMs: 1, isConfirmed: false };

test('how a host came in is kept with it', () => {
  for (const isConfirmed of [true, false]) {
    const host = { ...registered(node), enrolment: { ...enrolment, isConfirmed } };
    assert.deepEqual(decodeRegisteredHost('n1.record', encodeRegisteredHost(host)), host);
  }
});

test('nothing but the facts of the list is kept of an enrolment', () => {
  const host = { ...registered(node), enrolment: { ...enrolment, secret: 'x' } };
  assert.ok(!Buffer.from(encodeRegisteredHost(host)).toString().includes('secret'));
});

const removal = { reason: 'host-left', by: 'n1', note: 'broken', atMs: 1_577_880_000_000 } as const;

test('a removal that has begun is read back, and revokes whatever the rest says', () => {
  const host = { ...registered(node, true), removal };
  assert.deepEqual(decodeRegisteredHost('n1.record', encodeRegisteredHost(host)), host);
  const half = encodeRegisteredHost({ ...host, isRevoked: false });
  assert.equal(decodeRegisteredHost('n1.record', half).isRevoked, true);
});

test('where an API server runs is a master', () => {
  assert.equal(roleOf(master), 'master');
  assert.equal(roleOf(node), 'node');
  assert.equal(roleOf({ ...node, roles: [] }), 'node');
});

test('nothing but the facts of the list is kept of a host', () => {
  const host = registered({ ...node, isRoot: true, secret: 'x' } as typeof node);
  assert.ok(!Buffer.from(encodeRegisteredHost(host)).toString().includes('secret'));
});

const good = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11'], revoked: false };
const damaged: Readonly<Record<string, unknown>> = {
  'not an object': [],
  null: null,
  'no name': { ...good, name: undefined },
  'the name of another host': { ...good, name: 'n2' },
  'a role that does not exist': { ...good, roles: ['node', 'admin'] },
  'roles that are a text': { ...good, roles: 'master' },
  'no roles': { ...good, roles: undefined },
  'no addresses': { ...good, addresses: undefined },
  'an address that is no text': { ...good, addresses: [1] },
  'does not say whether it is revoked': { ...good, revoked: undefined },
  'revoked as a text': { ...good, revoked: 'false' },
  'an enrolment that is a list': { ...good, enrolment: [] },
  'an enrolment without its request': {
    ...good,
    enrolment: { tokenId: 'a', serial: 'b', joinedAtMs: 1, confirmed: true },
  },
  'an enrolment that does not say whether it is confirmed': {
    ...good,
    enrolment: { tokenId: 'a', requestHash: 'b', serial: 'c', joinedAtMs: 1 },
  },
  'a removal that is a text': { ...good, removal: 'x' },
  'a removal that is null': { ...good, removal: null },
  'a removal for a reason that does not exist': { ...good, removal: { ...removal, reason: 'x' } },
  'a removal by nobody': { ...good, removal: { ...removal, by: undefined } },
  'a removal without a note': { ...good, removal: { ...removal, note: 1 } },
  'a removal at no time': { ...good, removal: { ...removal, atMs: '1' } },
};

for (const [name, value] of Object.entries(damaged)) {
  test(`damaged: ${name}`, () => {
    const bytes = Buffer.from(JSON.stringify(value));
    assert.throws(
      () => decodeRegisteredHost('n1.record', bytes),
      (error) => isAppError(error, 'DAMAGED'),
    );
  });
}

test('what is not JSON, and a name that is none, is damaged', () => {
  assert.throws(
    () => decodeRegisteredHost('n1.record', Buffer.from('{')),
    (error) => isAppError(error, 'DAMAGED'),
  );
  const dotted = Buffer.from(JSON.stringify({ ...good, name: 'n1.x' }));
  assert.throws(
    () => decodeRegisteredHost('n1.x.record', dotted),
    (error) => isAppError(error, 'DAMAGED'),
  );
});
