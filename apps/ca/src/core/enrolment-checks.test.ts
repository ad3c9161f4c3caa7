import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { type DenyReason, firstFinding } from '@easycerts/core';
import { master, node, now, registered } from '../../test/fixture.ts';
import { type EnrolmentAttempt, enrolmentChecks } from './enrolment-checks.ts';
import type { RegisteredHost } from './registered-host.ts';
import { revoked, type TokenRecord, withUse } from './token-record.ts';

const requestHash = 'ab'.repeat(16);
const token: TokenRecord = {
  id: '3f9c2b7a10de',
  secretHash: 'ab'.repeat(32),
  role: 'node',
  uses: 2,
  note: '',
  addresses: [],
  createdBy: 'm1',
  createdAtMs: now.getTime(),
  expiresAtMs: now.getTime() + 1_000,
  usedBy: [],
};
const good: EnrolmentAttempt = {
  request: {
    tokenId: token.id,
    tokenSecret: new Uint8Array(32),
    host: 'n9',
    role: 'node',
    csrDer: new Uint8Array(100),
    requestId: randomUUID(),
    requestedAtMs: now.getTime(),
  },
  requestHash,
  isWithinRate: true,
  token,
  known: undefined,
  address: '192.0.2.19',
  isSingleMachine: false,
  now,
};
const request = (part: Partial<EnrolmentAttempt['request']>): Partial<EnrolmentAttempt> => ({
  request: { ...good.request, ...part },
});
const ours = { host: 'n9', requestHash, serial: 'cd', atMs: now.getTime() };
const others = { ...ours, host: 'n8', requestHash: 'cd'.repeat(16) };
const single: TokenRecord = { ...token, uses: 1 };
const n9 = { ...node, name: 'n9' };
const enrolled = (isConfirmed: boolean, hash = requestHash): RegisteredHost => ({
  ...registered(n9),
  enrolment: { tokenId: token.id, requestHash: hash, serial: 'cd', joinedAtMs: 1, isConfirmed },
});
const over = new Date(now.getTime() + 1_000);

const reasonOf = (part: Partial<EnrolmentAttempt>) => firstFinding(enrolmentChecks, { ...good, ...part })?.reason;

test('the good attempt passes', () => assert.equal(reasonOf({}), undefined));

const refused: readonly [string, DenyReason, Partial<EnrolmentAttempt>][] = [
  ['too many failures', 'rate-limited', { isWithinRate: false }],
  ['a large CSR', 'too-large', request({ csrDer: new Uint8Array(16_385) })],
  ['an id that is none', 'malformed', request({ tokenId: 'x' })],
  ['an id with a line feed', 'malformed', request({ tokenId: `${token.id}\n` })],
  ['an id that is a path', 'malformed', request({ tokenId: '../hosts/n1' })],
  ['a short secret', 'malformed', request({ tokenSecret: new Uint8Array(31) })],
  ['a long secret', 'malformed', request({ tokenSecret: new Uint8Array(33) })],
  ['no name', 'malformed', request({ host: '' })],
  ['a name with a dot', 'malformed', request({ host: 'n9.record' })],
  ['a name in capitals', 'malformed', request({ host: 'N9' })],
  ['a role that is none', 'malformed', request({ role: 'easycerts:masters' })],
  ['no request id', 'malformed', request({ requestId: '' })],
  ['an old request', 'stale', request({ requestedAtMs: now.getTime() - 300_001 })],
  ['a request of the future', 'stale', request({ requestedAtMs: now.getTime() + 300_001 })],
  ['a request of no time', 'stale', request({ requestedAtMs: Number.NaN })],
  ['no token, or a wrong secret', 'token-unknown', { token: undefined }],
  ['a revoked token', 'token-revoked', { token: revoked(token, now) }],
  ['a revoked token that it has used', 'token-revoked', { token: revoked(withUse(token, ours), now) }],
  ['an expired token', 'token-expired', { now: over }],
  ['a used token', 'token-used', { token: withUse(single, others) }],
  ['a used token after its end', 'token-used', { token: withUse(single, others), now: over }],
  ['the role master', 'token-role', request({ role: 'master' })],
  ['another name', 'token-name', { token: { ...token, host: 'n8' } }],
  ['a name that is taken', 'name-taken', { known: registered(n9) }],
  [
    'a name that somebody just took with this token',
    'name-taken',
    { token: withUse(token, { ...others, host: 'n9' }) },
  ],
  [
    "a master's name, with a token for it",
    'name-taken',
    { token: { ...token, host: 'n9' }, known: registered({ ...master, name: 'n9' }) },
  ],
  [
    'a revoked host, with a token for it',
    'host-revoked',
    { token: { ...token, host: 'n9' }, known: registered(n9, true) },
  ],
  ['a request whose identity is in use', 'replayed', { token: withUse(token, ours), known: enrolled(true) }],
  ['a call from loopback', 'not-permitted', { address: '127.0.0.1' }],
  ['a call from nowhere', 'not-permitted', { address: undefined }],
];
for (const [name, reason, part] of refused) {
  test(`${name}: ${reason}`, () => assert.equal(reasonOf(part), reason));
}

const passing: readonly [string, Partial<EnrolmentAttempt>][] = [
  ['a request that has used the token, which is used up', { token: withUse(single, ours) }],
  ['a request that has used the token, which has expired', { token: withUse(token, ours), now: over }],
  ['a request that has got its name', { token: withUse(token, ours), known: enrolled(false) }],
  [
    'a machine set up anew, with a token for its name',
    { token: { ...single, host: 'n9' }, known: enrolled(true, 'cd') },
  ],
  ['a call from loopback on a single machine', { address: '127.0.0.1', isSingleMachine: true }],
  [
    'a call from loopback with addresses of the token',
    { address: '::1', token: { ...token, addresses: ['10.0.0.9'] } },
  ],
];
for (const [name, part] of passing) {
  test(`${name}: passes`, () => assert.equal(reasonOf(part), undefined));
}

test('whoever does not know the secret learns nothing of token, name or register', () => {
  const guessing = { ...request({ role: 'master', host: 'm1' }), token: undefined, known: registered(master) };
  assert.equal(reasonOf(guessing), 'token-unknown');
});

test('the order: what costs least and tells least comes first', () => {
  const everything = { ...request({ csrDer: new Uint8Array(20_000), tokenId: '', host: '' }), isWithinRate: false };
  assert.equal(reasonOf({ ...everything, token: undefined }), 'rate-limited');
});
