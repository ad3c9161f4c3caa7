import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CsrFacts, createCsr, generateKeyPair, parseCsr } from '@easycerts/pki';
import { askedFor } from './asked-certificate.ts';

const csr: CsrFacts = parseCsr(
  await createCsr({
    keyPair: await generateKeyPair('ecdsa-p256'),
    subject: { commonName: 'system:kube-proxy', organizations: ['a'] },
    alternativeNames: { dns: ['n1'], ip: ['192.0.2.11'] },
  }),
);
const namesOf = (facts: CsrFacts) => [facts.alternativeNames, facts.otherNames];

test('without anything that overrides it, the CSR is what is asked', () => {
  assert.deepEqual(askedFor(csr, { hosts: undefined, subject: undefined }), csr);
});

test('hosts replace every name of the CSR, also by none', () => {
  const hosts = ['n2', '192.0.2.7', '2001:DB8::7', 'n2'];
  assert.deepEqual(namesOf(askedFor(csr, { hosts, subject: undefined })), [
    { dns: ['n2'], ip: ['192.0.2.7', '2001:db8::7'] },
    [],
  ]);
  assert.deepEqual(namesOf(askedFor({ ...csr, otherNames: ['email:a@b'] }, { hosts: [], subject: undefined })), [
    { dns: [], ip: [] },
    [],
  ]);
});

test('hosts that are no host names stay visible as what they are', () => {
  const hosts = ['*.example', 'a@b.example', 'https://n1/', 'N1', 'n1\u0000', 'system:masters'];
  const { alternativeNames, otherNames } = askedFor(csr, { hosts, subject: undefined });
  assert.deepEqual([alternativeNames.dns, otherNames.length], [[], 6]);
});

test('the common name is a name like others, as host and as the URI that Go takes it for; no other URI is', () => {
  const asHost = askedFor(csr, { hosts: ['system:kube-proxy'], subject: undefined });
  assert.deepEqual(namesOf(asHost), [{ dns: ['system:kube-proxy'], ip: [] }, []]);
  const uri = { ...csr, otherNames: ['URI:system:kube-proxy', 'URI:system:masters'] };
  const asUri = askedFor(uri, { hosts: undefined, subject: undefined });
  assert.deepEqual(namesOf(asUri), [{ dns: ['n1', 'system:kube-proxy'], ip: ['192.0.2.11'] }, ['URI:system:masters']]);
});

test('no hosts, but the common name as URI in the CSR, is what cloudflare’s certmgr means by that name', () => {
  const hosts: readonly string[] = [];
  const uri = { ...csr, otherNames: ['URI:system:kube-proxy'] };
  assert.deepEqual(namesOf(askedFor(uri, { hosts, subject: undefined })), [{ dns: ['system:kube-proxy'], ip: [] }, []]);
  const foreign = { ...csr, otherNames: ['URI:system:masters'] };
  assert.deepEqual(namesOf(askedFor(foreign, { hosts, subject: undefined })), [{ dns: [], ip: [] }, []]);
});

test('a subject replaces what it says, and what it says beyond our names is seen', () => {
  const nothing = { commonName: '', organizations: [], hasOthers: false };
  assert.deepEqual(askedFor(csr, { hosts: undefined, subject: nothing }).subject, csr.subject);
  const all = { commonName: 'x', organizations: ['system:masters'], hasOthers: true };
  const asked = askedFor(csr, { hosts: undefined, subject: all });
  assert.deepEqual(asked.subject, { commonName: 'x', organizations: ['system:masters'] });
  assert.equal(asked.otherSubjectAttributes.length, 1);
});

test('nothing overrides the key, its signature, and what else the CSR asks for', () => {
  const bad = { ...csr, signatureValid: false, requestsCa: true, extensionOids: ['1.2.3'] };
  const asked = askedFor(bad, { hosts: ['n1'], subject: { commonName: 'n1', organizations: [], hasOthers: false } });
  assert.deepEqual(
    [asked.signatureValid, asked.requestsCa, asked.extensionOids, asked.spkiDer],
    [false, true, ['1.2.3'], csr.spkiDer],
  );
});
