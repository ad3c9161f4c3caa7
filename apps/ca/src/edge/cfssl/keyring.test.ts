import assert from 'node:assert/strict';
import { createHmac, createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { type CfsslKeyRecord, createdKey, revokedKey, rotatedKey } from '../../core/cfssl/key-record.ts';
import { deriveKey, isTokenOf, keyText } from './derived-key.ts';
import { createKeyring } from './keyring.ts';

const secret = createSecretKey(Buffer.alloc(32, 1));
const now = new Date('2020-01-01T12:00:00Z');
const id = { host: 'n1', profile: 'default', generation: 1 };

test("a token of cfssl's own vector is accepted, and no other", () => {
  const key = createSecretKey(Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'));
  const request = Buffer.from('{"certificate_request":"X","profile":"default"}');
  const token = Buffer.from('26f4b5073b94123a7beb6c10fb5df5b235294e3e31ed021f557cc15e19bb0b53', 'hex');
  assert.equal(isTokenOf(key, { token, request }), true);
  assert.equal(isTokenOf(key, { token: token.subarray(1), request }), false);
  assert.equal(isTokenOf(key, { token: Buffer.alloc(0), request }), false);
  assert.equal(isTokenOf(key, { token, request: Buffer.from('{}') }), false);
});

test('a key has 32 digits, is the same every time, and another for each host, profile, generation and secret', () => {
  const text = keyText(deriveKey(secret, id));
  assert.match(text, /^[0-9a-f]{32}$/);
  assert.equal(keyText(deriveKey(secret, id)), text);
  const others = [
    deriveKey(secret, { ...id, host: 'n11', profile: 'efault' }),
    deriveKey(secret, { ...id, host: 'n2' }),
    deriveKey(secret, { ...id, profile: 'other' }),
    deriveKey(secret, { ...id, generation: 2 }),
    deriveKey(createSecretKey(Buffer.alloc(32, 2)), id),
  ];
  assert.equal(new Set([text, ...others.map(keyText)]).size, 6);
});

function ring(records: readonly CfsslKeyRecord[]) {
  const held = { records };
  const ofProfile = (profile: string) => held.records.filter((record) => record.profile === profile);
  const find = (host: string, profile: string) => ofProfile(profile).find((record) => record.host === host);
  const keyring = createKeyring(secret, () => ({ ofProfile, find }));
  const holder = (
    used: { host: string; profile: string; generation: number },
    given: { profile?: string; source?: string; at?: Date } = {},
  ) => {
    const request = Buffer.from('{}');
    const token = createHmac('sha256', deriveKey(secret, used)).update(request).digest();
    const { profile = 'default', source = '192.0.2.9', at = now } = given;
    return keyring.holderOf({ request: { token, request }, profile, source, now: at })?.host;
  };
  return { held, holder };
}

const record = (host: string, profile = 'default') => createdKey(undefined, { host, profile, now });

test('the holder is found among many, whatever address it used before', () => {
  const { holder } = ring([record('n1'), record('n2'), record('n3')]);
  assert.equal(holder({ ...id, host: 'n3' }), 'n3');
  assert.equal(holder({ ...id, host: 'n3' }), 'n3');
  // The same address with the key of another host: NAT.
  assert.equal(holder(id), 'n1');
  assert.equal(holder({ ...id, host: 'n4' }), undefined);
});

test('a key of one profile is none of another', () => {
  const { holder } = ring([record('n1'), record('n1', 'other')]);
  assert.equal(holder(id, { profile: 'other' }), undefined);
  assert.equal(holder({ ...id, profile: 'other' }, { profile: 'other' }), 'n1');
});

test('what is rotated or revoked counts from that moment on, also for an address that is remembered', () => {
  const { held, holder } = ring([record('n1')]);
  assert.equal(holder(id), 'n1');
  held.records = [rotatedKey(record('n1'), now, 60_000)];
  assert.equal(holder(id), 'n1');
  assert.equal(holder(id, { at: new Date(now.getTime() + 60_000) }), undefined);
  assert.equal(holder({ ...id, generation: 2 }), 'n1');
  held.records = [revokedKey(rotatedKey(record('n1'), now, 60_000), now)];
  assert.equal(holder(id), undefined);
  assert.equal(holder({ ...id, generation: 2 }), undefined);
  held.records = [];
  assert.equal(holder({ ...id, generation: 2 }), undefined);
});
