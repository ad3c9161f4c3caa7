import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClusterConfig } from '@easycerts/cluster';
import { type ImportNote, importConfig } from './import-config.ts';

const profile = { usages: ['signing', 'server auth'], expiry: '24h', auth_key: 'key' };
const keys = { key: { type: 'standard', key: 'env:CFSSL_KEY' } };
const one = (change: Readonly<Record<string, unknown>>) =>
  importConfig({ signing: { profiles: { www: { ...profile, ...change } } }, auth_keys: keys });
const kindsOf = (notes: readonly ImportNote[] = []) => notes.map(({ path, kind }) => `${kind}: ${path}`);

test('the profile that NixOS makes is taken, its one key for all hosts is not', () => {
  const nixos = {
    signing: { profiles: { default: { usages: ['digital signature'], auth_key: 'default', expiry: '720h' } } },
    auth_keys: { default: { type: 'standard', key: 'file:/var/lib/cfssl/apitoken.secret' } },
  };
  const imported = importConfig(nixos);
  assert.deepEqual(imported?.profiles, { default: { usages: ['digital signature'], expiry: '720h' } });
  assert.deepEqual(kindsOf(imported?.notes), ['left out: auth_keys.default']);
  assert.match(imported?.notes[0]?.why ?? '', /not read from where it is/);
});

test('what is taken is a configuration of ours', () => {
  const imported = importConfig({
    signing: {
      default: { ...profile, expiry: '8760h' },
      profiles: { www: { usages: profile.usages, auth_key: 'key' } },
    },
    auth_keys: keys,
  });
  assert.equal(imported?.profiles.www?.expiry, '8760h');
  const text = JSON.stringify({
    masterAddress: 'localhost',
    roles: ['master'],
    pki: { cfssl: { profiles: imported?.profiles } },
  });
  assert.deepEqual(parseClusterConfig(text, 'test').pki.cfssl.profiles.default?.usages, profile.usages);
});

test('a default that unknown profiles would get is not taken beside a profile of that name', () => {
  const imported = importConfig({ signing: { default: { expiry: '1h' }, profiles: { default: profile } } });
  assert.deepEqual(imported?.profiles.default?.usages, profile.usages);
  assert.deepEqual(kindsOf(imported?.notes), ['refused: signing.default']);
});

const refused: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['no key', { auth_key: undefined }],
  ['an empty key', { auth_key: '' }],
  ['the right to make CAs', { ca_constraint: { is_ca: true, max_path_len: 0 } }],
  ['copied extensions', { copy_extensions: true }],
  ['allowed extensions', { allowed_extensions: ['1.2.3'] }],
  ['a remote', { remote: 'other' }],
  ['an authenticated remote', { auth_remote: { remote: 'other', auth_key: 'key' } }],
  ['a beginning', { not_before: '2020-01-01T00:00:00Z' }],
  ['an end', { not_after: '2030-01-01T00:00:00Z' }],
  ['serial numbers of clients', { ClientProvidesSerialNumbers: true }],
  ['a usage of CAs', { usages: ['cert sign'] }],
  ['code signing', { usages: ['server auth', 'code signing'] }],
  ['usages that are no list', { usages: 'server auth' }],
  ['a lifetime that is none', { expiry: '1 year' }],
  ['a lifetime below a second', { expiry: '0s' }],
  ['a field that cfssl has not', { usage: ['server auth'] }],
  ['a field of every object', { constructor: 1 }],
];

for (const [what, change] of refused) {
  test(`a profile with ${what} is refused, with a reason`, () => {
    const imported = one(change);
    assert.deepEqual(imported?.profiles, {});
    assert.ok(imported?.notes.some(({ kind, why }) => kind === 'refused' && why.length > 10));
  });
}

test('what means nothing here is left out, what is stricter is said, and the profile is taken', () => {
  const imported = one({
    ocsp_url: 'http://x',
    name_whitelist: '.*',
    ca_constraint: { is_ca: false },
    copy_extensions: false,
  });
  assert.deepEqual(imported?.profiles, { www: { usages: profile.usages, expiry: '24h' } });
  assert.deepEqual(kindsOf(imported?.notes), [
    'left out: auth_keys.key',
    'left out: signing.profiles.www.ocsp_url',
    'note: signing.profiles.www.name_whitelist',
  ]);
});

test('remotes, other kinds of keys and unknown parts are refused', () => {
  const imported = importConfig({
    signing: { more: 1 },
    remotes: {},
    ocsp: {},
    other: {},
    auth_keys: { ip: { type: 'standard-ip' } },
  });
  const paths = ['remotes', 'ocsp', 'other', 'signing.more', 'auth_keys.ip'];
  assert.deepEqual(
    kindsOf(imported?.notes),
    paths.map((path) => `refused: ${path}`),
  );
});

test('what is no configuration of cfssl is said to be none', () => {
  for (const value of [undefined, null, [], 'x', {}, { signing: [] }, { signing: { profiles: 'x' } }]) {
    assert.equal(importConfig(value), undefined, JSON.stringify(value));
  }
});

test('a key of the configuration is never shown', () => {
  const imported = importConfig({
    signing: { default: profile },
    auth_keys: { key: { type: 'standard', key: '00ff00ff' } },
  });
  assert.equal(JSON.stringify(imported).includes('00ff00ff'), false);
});
