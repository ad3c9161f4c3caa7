import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { tokenRequest } from '../../test/enrolling.ts';
import { master, node, registered } from '../../test/fixture.ts';
import { tokenEndpointsOf } from './token-endpoints.ts';
import { type TokenRequest, wantedTokenOf } from './token-request.ts';

const facts = { known: undefined, masterAddresses: ['192.0.2.1'] };

test('what is not said is one use, an hour, any name', () => {
  const wanted = { role: 'node', uses: 1, note: '', addresses: [], ttlMs: 3_600_000 };
  assert.deepEqual(wantedTokenOf(tokenRequest, facts), wanted);
});

test('addresses are kept in canonical text, each once', () => {
  const addresses = ['2001:DB8:0::9', '10.0.0.9', '2001:db8::9'];
  assert.deepEqual(wantedTokenOf({ ...tokenRequest, addresses }, facts).addresses, ['2001:db8::9', '10.0.0.9']);
});

test('a token may be for a node that is there, to set it up anew', () => {
  const wanted = wantedTokenOf({ ...tokenRequest, host: 'n1' }, { ...facts, known: registered(node) });
  assert.equal(wanted.host, 'n1');
});

const wrong: readonly [string, Partial<TokenRequest>, RegExp][] = [
  ['no role', { role: '' }, /role/],
  ['a role that is none', { role: 'admin' }, /role/],
  ['a name with a dot', { host: 'n1.example' }, /name/],
  ['a wildcard', { host: '*' }, /name/],
  ['a negative lifetime', { ttlS: -1 }, /lifetime/],
  ['a lifetime of 30 days and a second', { ttlS: 30 * 86_400 + 1 }, /lifetime/],
  ['a lifetime that is no number', { ttlS: Number.NaN }, /lifetime/],
  ['negative uses', { uses: -1 }, /uses/],
  ['1001 uses', { uses: 1_001 }, /uses/],
  ['half a use', { uses: 1.5 }, /uses/],
  ['a name and two uses', { host: 'n1', uses: 2 }, /one use/],
  ['a long note', { note: 'x'.repeat(201) }, /note/],
  ['a note that moves the cursor', { note: '\u001b[2J' }, /note/],
  ['a note of two lines', { note: 'a\nb' }, /note/],
  ['17 addresses', { addresses: Array.from({ length: 17 }, (_, i) => `10.0.0.${i + 1}`) }, /addresses/],
  ['an address that is a name', { addresses: ['n1'] }, /address/],
  ['a loopback address', { addresses: ['127.0.0.1'] }, /address/],
  ["the master's address", { addresses: ['192.0.2.1'] }, /master/],
  ['an address and two uses', { addresses: ['10.0.0.9'], uses: 2 }, /one use/],
];
for (const [name, part, message] of wrong) {
  test(`no token for ${name}`, () => {
    assert.throws(
      () => wantedTokenOf({ ...tokenRequest, ...part }, facts),
      (error) => isAppError(error, 'INVALID_INPUT') && message.test(error.message),
    );
  });
}

test('every problem is told at once', () => {
  const request = { ...tokenRequest, role: 'x', uses: 5_000, ttlS: -1 };
  assert.throws(() => wantedTokenOf(request, facts), /role.*lifetime.*uses/);
});

test("no token for a master's name, and none for a master yet", () => {
  const known = registered(master);
  assert.throws(() => wantedTokenOf({ ...tokenRequest, host: 'm1' }, { ...facts, known }), /m1 is a master/);
  assert.throws(
    () => wantedTokenOf({ ...tokenRequest, role: 'master' }, facts),
    (error) => isAppError(error, 'FAILED_PRECONDITION') && error.details.cure !== undefined,
  );
});

test('a token leads to the name of cluster.yaml first, then to the addresses of the master', () => {
  const addresses = ['192.0.2.1', '2001:db8::1'];
  assert.deepEqual(tokenEndpointsOf({ masterAddress: 'api.example' }, addresses, 7445), [
    'api.example:7445',
    '192.0.2.1:7445',
    '[2001:db8::1]:7445',
  ]);
  assert.equal(tokenEndpointsOf({ masterAddress: '192.0.2.1' }, addresses, 7445).length, 2);
  assert.deepEqual(tokenEndpointsOf({ masterAddress: 'localhost' }, addresses, 7445), ['localhost:7445']);
  const many = Array.from({ length: 30 }, (_, i) => `10.0.0.${i + 1}`);
  assert.equal(tokenEndpointsOf({ masterAddress: 'api.example' }, many, 7445).length, 16);
});
