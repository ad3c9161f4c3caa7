import assert from 'node:assert/strict';
import { test } from 'node:test';
import { now } from '../../test/fixture.ts';
import type { TokenRecord } from './token-record.ts';
import { provenToken, secretHashOf } from './token-secret.ts';

const secret = new Uint8Array(32).fill(7);
const token: TokenRecord = {
  id: '3f9c2b7a10de',
  secretHash: secretHashOf(secret),
  role: 'node',
  uses: 1,
  note: '',
  addresses: [],
  createdBy: 'm1',
  createdAtMs: now.getTime(),
  expiresAtMs: now.getTime() + 1,
  usedBy: [],
};

test('the right secret proves the token', () => assert.equal(provenToken(token, secret), token));

const wrong: readonly [string, TokenRecord | undefined, Uint8Array][] = [
  ['one bit differs', token, new Uint8Array(32).fill(7, 0, 31)],
  ['it is empty', token, new Uint8Array()],
  ['it is longer', token, new Uint8Array(33).fill(7)],
  ['it is the hash itself', token, Buffer.from(token.secretHash, 'hex')],
  ['there is no such token', undefined, secret],
  ['there is no such token, and the secret is nothing', undefined, new Uint8Array(32)],
];
for (const [name, record, given] of wrong) {
  test(`nothing is proven when ${name}`, () => assert.equal(provenToken(record, given), undefined));
}
