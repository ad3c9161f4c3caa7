import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOfRecordKey, hostRecordKey, hostStandingOf } from './host-standing.ts';

const good = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11'], revoked: false };
const record = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11'] };

test('a host is who its record says, whatever else stands there', () => {
  assert.equal(hostRecordKey('n1'), 'n1.record');
  assert.equal(hostOfRecordKey('n1.record'), 'n1');
  for (const key of ['n1', 'n1.config', 'n1.record.x', '.record', 'n1record', ''])
    assert.equal(hostOfRecordKey(key), undefined, key);
  assert.deepEqual(hostStandingOf('n1.record', { ...good, enrolment: {} }), { record, isRevoked: false });
  assert.deepEqual(hostStandingOf('n1.record', { ...good, revoked: true }), { record, isRevoked: true });
});

test('a removal that has begun revokes, whatever the rest says', () => {
  for (const removal of [{}, null, 'x']) {
    assert.deepEqual(hostStandingOf('n1.record', { ...good, removal }), { record, isRevoked: true });
  }
});

const damaged: Readonly<Record<string, unknown>> = {
  'not an object': [],
  nothing: undefined,
  'no name': { ...good, name: undefined },
  'a name that is none': { ...good, name: 'N 1' },
  'the name of another host': { ...good, name: 'n2' },
  'a role that does not exist': { ...good, roles: ['node', 'admin'] },
  'roles that are a text': { ...good, roles: 'master' },
  'no addresses': { ...good, addresses: undefined },
  'an address that is no text': { ...good, addresses: [1] },
  'does not say whether it is revoked': { ...good, revoked: undefined },
  'revoked as a text': { ...good, revoked: 'false' },
};

for (const [what, value] of Object.entries(damaged)) {
  test(`nobody is known by a damaged record: ${what}`, () =>
    assert.equal(hostStandingOf('n1.record', value), undefined));
}

test('the key must be that of a record', () => {
  for (const key of ['n1', 'n1.config', 'n1.record.x', '.record']) assert.equal(hostStandingOf(key, good), undefined);
});
