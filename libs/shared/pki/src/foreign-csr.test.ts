import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { AppError } from '@easycerts/core';
import { createForeignCsr } from './foreign-csr.ts';
import { oid } from './oids.ts';
import { encodePem } from './pem.ts';

const keys = {
  'rsa-2048': generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'ecdsa-p256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'ecdsa-p384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'ecdsa-p521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: generateKeyPairSync('ed25519'),
};
const subject = [
  { type: oid.country, value: 'US' },
  { type: oid.province, value: 'Île-de-France' },
  { type: oid.organization, value: 'Example, LLC' },
  { type: oid.commonName, value: 'www.example.net' },
];
const names = {
  dns: ['*.example.net', 'www.example.net'],
  ip: ['10.0.0.1', 'fd00::1'],
  email: ['root@example.net'],
  uri: ['system:kube-proxy'],
};

function openssl(der: Uint8Array, ...args: readonly string[]): string {
  const input = encodePem('CERTIFICATE REQUEST', der);
  return execFileSync('openssl', ['req', '-noout', ...args], { input, stdio: 'pipe' }).toString();
}

describe('a request for what another spec asks', () => {
  for (const [algorithm, pair] of Object.entries(keys)) {
    test(`with a key ${algorithm} is verified by OpenSSL`, () => {
      const der = createForeignCsr({ ...pair, subject, names });
      assert.doesNotThrow(() => openssl(der, '-verify'));
    });
  }

  test('has every attribute and every name', () => {
    const text = openssl(
      createForeignCsr({ ...keys['ecdsa-p256'], subject, names }),
      '-text',
      '-nameopt',
      'RFC2253,utf8',
    );
    assert.ok(text.includes('Subject: CN=www.example.net,O=Example\\, LLC,ST=\\C3\\8Ele-de-France,C=US'), text);
    for (const name of ['DNS:*.example.net', 'IP Address:10.0.0.1', 'FD00:0:0:0:0:0:0:1', 'email:root@example.net'])
      assert.ok(text.includes(name), `${name} in ${text}`);
    assert.ok(text.includes('URI:system:kube-proxy'));
  });

  test('asks for no extension without names', () => {
    const none = { dns: [], ip: [], email: [], uri: [] };
    const text = openssl(createForeignCsr({ ...keys['ecdsa-p256'], subject, names: none }), '-text');
    assert.ok(!text.includes('Subject Alternative Name'));
  });

  test('is refused for an address that is none and a key that cannot sign', () => {
    const ed448 = generateKeyPairSync('x25519');
    assert.throws(() => createForeignCsr({ ...keys.ed25519, subject, names: { ...names, ip: ['10.0.0'] } }), AppError);
    assert.throws(() => createForeignCsr({ ...ed448, subject, names }), AppError);
  });
});
