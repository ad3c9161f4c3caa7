import assert from 'node:assert/strict';
import { test } from 'node:test';
import { membershipOf, membershipText } from './membership.ts';

const identity = { host: 'n1', role: 'node', notAfterMs: Date.parse('2020-02-01T00:00:00Z'), pins: [] } as const;
const state = { identity, appliedDigest: '0123abcdef', receivedDigest: '0123abcdef', leaving: undefined };

test('a host without an identity is no member', () => {
  assert.equal(membershipOf({ ...state, identity: undefined }), undefined);
});

for (const [changes, text] of [
  [{}, 'n1 is a node of the cluster at m1.example, configuration 0123abcd, identity until 2020-02-01'],
  [
    { receivedDigest: '4567cdef00' },
    'n1 is a node of the cluster at m1.example, configuration 0123abcd (4567cdef is next), identity until 2020-02-01',
  ],
  [
    { appliedDigest: undefined, receivedDigest: undefined },
    'n1 is a node of the cluster at m1.example, no configuration yet, identity until 2020-02-01',
  ],
  [
    { leaving: [] },
    'n1 is a node of the cluster at m1.example, configuration 0123abcd, identity until 2020-02-01, leaving',
  ],
  [{ identity: { ...identity, host: 'm1', role: 'master' as const } }, 'm1 is a master, identity until 2020-02-01'],
] as const) {
  test(text, () => {
    const membership = membershipOf({ ...state, ...changes }, 'm1.example');
    assert.equal(membership === undefined ? undefined : membershipText(membership), text);
  });
}
