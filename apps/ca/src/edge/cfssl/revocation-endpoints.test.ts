import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { type CertificateFacts, encodePem, parseCertificate, privateKeyToPem } from '@easycerts/pki';
import { temporaryDirectory } from '@easycerts/testing';
import { authenticated, innerRequest, testCfsslApi } from '../../../test/cfssl.ts';
import { callOf } from '../../../test/environment.ts';
import { makeAuthorities, node, requestFor } from '../../../test/fixture.ts';
import { decimalOfSerial } from '../../core/cfssl/serials.ts';
import { createSign } from '../sign.ts';

const kubeProxy = { subject: { commonName: 'system:kube-proxy', organizations: [] }, hosts: [] };

type Ca = Awaited<ReturnType<typeof testCfsslApi>>;

async function issue(ca: Ca, key: KeyObject): Promise<CertificateFacts> {
  return parseCertificate(String((await ca.authsign(key, await innerRequest(kubeProxy))).result.certificate));
}

const idOf = ({ serial, authorityKeyId }: CertificateFacts) => ({
  serial: decimalOfSerial(serial),
  authority_key_id: authorityKeyId,
});

const revoke = (ca: Ca, key: KeyObject, request: Readonly<Record<string, unknown>>) =>
  ca.post('revoke', authenticated(key, request));

test('a host revokes its own certificate: recorded, told, and the same again changes nothing', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const certificate = await issue(ca, key);
  for (let time = 1; time <= 2; time++) {
    const { status, result } = await revoke(ca, key, { ...idOf(certificate), reason: 'superseded' });
    assert.deepEqual([status, result], [200, {}]);
    ca.clock.advance(1_000);
  }
  assert.equal(ca.revocations.find(certificate.serial)?.reason, 'requested');
  assert.equal(ca.events.ofType('certificate.revoked').length, 1);
});

test('a master revokes what is issued to any host; another host, and nobody without a key, does not', async (t) => {
  const ca = await testCfsslApi(t);
  const certificate = await issue(ca, await ca.keyFor('n1'));
  await ca.register.register({ name: 'n2', roles: ['node'], addresses: [] });
  const request = { ...idOf(certificate), reason: 'keyCompromise' };
  const other = await revoke(ca, await ca.keyFor('n2'), request);
  const unknown = await revoke(ca, await ca.keyFor('n1'), { ...request, serial: '1' });
  assert.deepEqual([other.status, other.body], [400, unknown.body]);
  assert.equal((await ca.post('revoke', request)).errors[0]?.message, 'authentication required');
  const wrong = await ca.post('revoke', { ...authenticated(await ca.keyFor('n1'), request), token: '' });
  assert.equal(wrong.errors[0]?.message, 'invalid token');
  assert.equal(ca.revocations.size, 0);
  assert.deepEqual(
    ca.events.ofType('call.refused').map(({ data }) => data.reason),
    ['not-permitted', 'not-permitted', 'unauthenticated'],
  );
  assert.equal((await revoke(ca, await ca.keyFor('m1'), request)).status, 200);
  assert.ok(ca.revocations.has(certificate.serial));
});

test('the identity of a host is not revoked with a key', async (t) => {
  const ca = await testCfsslApi(t);
  const { certificateDer } = await createSign(ca.environment)(await requestFor(node, 'host'), callOf(node));
  const request = { ...idOf(parseCertificate(certificateDer)), reason: 'unspecified' };
  assert.equal((await revoke(ca, await ca.keyFor('m1'), request)).errors[0]?.code, 5300);
  assert.equal(ca.revocations.size, 0);
});

test('a revocation without serial number, key id or reason is none', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const id = { ...idOf(await issue(ca, key)), reason: 'superseded' };
  for (const change of [
    { serial: '' },
    { serial: 'ff' },
    { serial: '9'.repeat(60) },
    { authority_key_id: '' },
    { authority_key_id: 'ab' },
    { reason: '' },
    { reason: 'because' },
    { reason: '10' },
    { reason: 1 },
  ]) {
    assert.equal((await revoke(ca, key, { ...id, ...change })).status, 400, JSON.stringify(change));
  }
  assert.equal(ca.revocations.size, 0);
});

test('the CRL of a CA has what is revoked of it, and openssl takes it', async (t) => {
  const ca = await testCfsslApi(t);
  const { path, remove } = await temporaryDirectory();
  t.after(remove);
  const key = await ca.keyFor('n1');
  const certificate = await issue(ca, key);
  await revoke(ca, key, { ...idOf(certificate), reason: 'superseded' });
  const textOf = async (endpoint: string): Promise<string> => {
    const { result } = await ca.get(endpoint);
    await writeFile(`${path}/crl`, Buffer.from(String(result), 'base64'));
    return execFileSync('openssl', ['crl', '-inform', 'der', '-in', `${path}/crl`, '-noout', '-text'], {
      encoding: 'utf8',
    });
  };
  const text = await textOf('crl?expiry=24h');
  assert.match(text, new RegExp(`Serial Number: 0?${certificate.serial}\\b`, 'i'));
  assert.match(text, /Last Update: Jan {2}1 12:00:00 2020 GMT\s+Next Update: Jan {2}2 12:00:00 2020 GMT/);
  assert.match(await textOf('crl?label=etcd'), /Issuer: CN ?= ?test etcd CA[\s\S]*No Revoked Certificates/);
  for (const query of ['label=easycerts', 'label=x', 'expiry=1s', 'expiry=-1h', 'expiry=9999h', 'expiry=x']) {
    assert.equal((await ca.get(`crl?${query}`)).status, 400, query);
  }
  ca.clock.advance(31 * 86_400_000);
  assert.match(await textOf('crl'), /No Revoked Certificates/);
});

test('a CRL is signed anew at most once in ten seconds, and a damaged entry stands in each', async (t) => {
  const ca = await testCfsslApi(t);
  const first = (await ca.get('crl')).body;
  const bucket = await ca.bus.bucket('revocations');
  await bucket.put('abcdef', Buffer.from('damaged'));
  assert.equal((await ca.get('crl')).body, first);
  ca.clock.advance(10_000);
  const later = Buffer.from(String((await ca.get('crl')).result), 'base64').toString('hex');
  assert.ok(later.includes('020400abcdef'));
});

test('gencrl signs with the key of the caller, and with no other', async (t) => {
  const ca = await testCfsslApi(t);
  const { kubernetes, etcd } = await makeAuthorities();
  const certificate = encodePem('CERTIFICATE', kubernetes.certificate.der);
  const issuingKey = privateKeyToPem(kubernetes.keyPair.privateKey);
  const request = { certificate, issuingKey, serialNumber: ['171', '171'], expireTime: '60' };
  const crl = Buffer.from(String((await ca.post('gencrl', request)).result), 'base64').toString('hex');
  assert.equal(crl.split('020200ab').length, 2);
  const wrong = [
    { certificate: 'x' },
    { issuingKey: 'x' },
    { issuingKey: privateKeyToPem(etcd.keyPair.privateKey) },
    { serialNumber: ['-1'] },
    { serialNumber: 'ab' },
    { serialNumber: Array.from({ length: 2_001 }, (_, number) => String(number + 1)) },
    { expireTime: '0' },
    { expireTime: 'x' },
  ];
  for (const change of wrong) {
    const answer = await ca.post('gencrl', { ...request, ...change });
    assert.deepEqual(
      [answer.status, answer.body.includes('PRIVATE KEY')],
      [400, false],
      JSON.stringify(change).slice(0, 80),
    );
  }
});

test('ocspsign says what is so, whatever the caller would like', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const facts = await issue(ca, key);
  const certificate = encodePem('CERTIFICATE', facts.der);
  const ask = (status?: string, others = {}) => ca.post('ocspsign', { certificate, status, ...others });
  assert.equal(typeof (await ask()).result.ocspResponse, 'string');
  assert.equal((await ask('revoked')).errors[0]?.code, 8200);
  await revoke(ca, key, { ...idOf(facts), reason: 'superseded' });
  assert.equal((await ask('good')).errors[0]?.code, 8200);
  assert.equal((await ask('unknown')).errors[0]?.code, 8200);
  assert.equal((await ask('revoked', { issuer_hash: 'SHA256' })).status, 200);
  assert.equal((await ask('revoked', { issuer_hash: 'MD5' })).status, 400);
  assert.equal((await ask('revoked', { issuer_hash: 'constructor' })).status, 400);
  const foreign = encodePem('CERTIFICATE', (await makeAuthorities()).kubernetes.certificate.der);
  assert.equal((await ca.post('ocspsign', { certificate: foreign })).errors[0]?.code, 8100);
});
