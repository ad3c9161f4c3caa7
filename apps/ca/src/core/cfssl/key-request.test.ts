import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClusterConfig } from '@easycerts/cluster';
import { type ErrorCode, isAppError } from '@easycerts/core';
import { node, registered } from '../../../test/fixture.ts';
import { type KeyRequest, type KeyRequestFacts, overlapMsOf, wantedKeyOf } from './key-request.ts';

const config = parseClusterConfig(
  'roles: [master]\nmasterAddress: localhost\npki: {cfssl: {profiles: {short: {expiry: 1h}, open: {unauthenticatedHost: n1}}}}\n',
  'test',
);
const request: KeyRequest = { host: 'n1', profile: '', registerHost: false, addresses: [] };
const facts: KeyRequestFacts = { config, known: registered(node), masterAddresses: ['192.0.2.1'] };
const unknown: KeyRequestFacts = { ...facts, known: undefined };

test('a key is for a host of the register and a profile that takes one', () => {
  assert.deepEqual(wantedKeyOf(request, facts), { id: { host: 'n1', profile: 'default' }, register: undefined });
  assert.deepEqual(wantedKeyOf({ ...request, profile: 'short' }, facts).id, { host: 'n1', profile: 'short' });
});

test('a host without our services is let in as a node, when that is said', () => {
  const addresses = ['192.0.2.12', '2001:DB8::12', '192.0.2.12'];
  const { register } = wantedKeyOf({ ...request, registerHost: true, addresses }, unknown);
  assert.deepEqual(register, { name: 'n1', roles: ['node'], addresses: ['192.0.2.12', '2001:db8::12'] });
});

const refused: readonly (readonly [string, Partial<KeyRequest>, KeyRequestFacts, ErrorCode])[] = [
  ['a host that nobody knows', {}, unknown, 'NOT_FOUND'],
  ['a host that is revoked', {}, { ...facts, known: registered(node, true) }, 'FAILED_PRECONDITION'],
  ['a name that is none', { host: 'n1.example' }, unknown, 'INVALID_INPUT'],
  ['no name', { host: '' }, unknown, 'INVALID_INPUT'],
  ['a profile that is not there', { profile: 'other' }, facts, 'INVALID_INPUT'],
  ['a profile of the language', { profile: 'constructor' }, facts, 'INVALID_INPUT'],
  ['a profile without keys', { profile: 'open' }, facts, 'INVALID_INPUT'],
  ['addresses of a host that is there', { addresses: ['192.0.2.12'] }, facts, 'INVALID_INPUT'],
  ['a host to register that is there', { registerHost: true }, facts, 'INVALID_INPUT'],
  ['an address of the master', { registerHost: true, addresses: ['192.0.2.1'] }, unknown, 'INVALID_INPUT'],
  ['loopback', { registerHost: true, addresses: ['127.0.0.1'] }, unknown, 'INVALID_INPUT'],
  ['what is no address', { registerHost: true, addresses: ['n1'] }, unknown, 'INVALID_INPUT'],
  [
    'more addresses than a host has',
    { registerHost: true, addresses: Array.from({ length: 17 }, (_, i) => `192.0.2.${100 + i}`) },
    unknown,
    'INVALID_INPUT',
  ],
];

for (const [what, change, known, code] of refused) {
  test(`no key is made for ${what}`, () => {
    assert.throws(
      () => wantedKeyOf({ ...request, ...change }, known),
      (error) => isAppError(error, code) && error.details.cure !== undefined,
    );
  });
}

test('an overlap is 30 days at most', () => {
  assert.deepEqual([overlapMsOf(0), overlapMsOf(86_400)], [0, 86_400_000]);
  for (const wrong of [-1, 2_592_001, 1.5, Number.NaN]) {
    assert.throws(
      () => overlapMsOf(wrong),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  }
});
