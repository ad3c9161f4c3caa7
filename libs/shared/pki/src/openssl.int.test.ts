/** OpenSSL as a second opinion on what we write, and as a source of what we must be able to read. */

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type KeyAlgorithm, keyAlgorithms } from '@easycerts/cluster';
import { createAuthority, issueCertificate } from './authority.ts';
import { parseCertificate } from './certificate-facts.ts';
import { createCsr } from './create-csr.ts';
import { parseCsr } from './csr-facts.ts';
import { generateKeyPair, parsePrivateKeyPem, privateKeyToPem } from './key-pair.ts';
import { decodePem, encodePem } from './pem.ts';
import { newSerial } from './serial.ts';
import { verifyCertificate } from './verify-certificate.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const options = hasOpenssl ? {} : { skip: 'needs the openssl command' };
let folder = '';
const file = (name: string): string => join(folder, name);
const openssl = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)('openssl', [...args])).stdout;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'easycerts-pki-'));
});
after(() => rm(folder, { recursive: true }));

const now = new Date();
const inAnHour = new Date(now.getTime() + 3_600_000);
const subject = { commonName: 'system:node:n1', organizations: ['system:nodes'] };
const alternativeNames = { dns: ['localhost', 'n1'], ip: ['10.0.0.1', 'fd00::1'] };

async function issueAll(algorithm: KeyAlgorithm) {
  const validity = { notBefore: new Date(now.getTime() - 300_000), notAfter: inAnHour };
  const authority = await createAuthority({
    commonName: 'easycerts test CA',
    keyAlgorithm: algorithm,
    serial: newSerial(randomBytes),
    ...validity,
  });
  const keyPair = await generateKeyPair(algorithm);
  const csr = await createCsr({ keyPair, subject, alternativeNames });
  const template = { serial: newSerial(randomBytes), subject, alternativeNames, ...validity };
  const { spkiDer } = parseCsr(csr);
  const issue = (usages: readonly ('server auth' | 'client auth')[]) =>
    issueCertificate({ authority, template: { ...template, usages, spkiDer } });
  return { authority, keyPair, csr, server: await issue(['server auth']), client: await issue(['client auth']) };
}

for (const algorithm of keyAlgorithms) {
  test(`${algorithm}: openssl verify -x509_strict accepts each certificate for its purpose only`, options, async () => {
    const { authority, keyPair, csr, server, client } = await issueAll(algorithm);
    await writeFile(file('ca.pem'), encodePem('CERTIFICATE', authority.certificate.der));
    await writeFile(file('server.pem'), encodePem('CERTIFICATE', server));
    await writeFile(file('client.pem'), encodePem('CERTIFICATE', client));
    await writeFile(file('csr.pem'), encodePem('CERTIFICATE REQUEST', csr));
    await writeFile(file('key.pem'), privateKeyToPem(keyPair.privateKey));
    const verify = (purpose: string, name: string) =>
      openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', file('ca.pem'), file(name));
    assert.match(await verify('sslserver', 'server.pem'), /OK/);
    assert.match(await verify('sslclient', 'client.pem'), /OK/);
    await assert.rejects(verify('sslserver', 'client.pem'));
    await assert.rejects(verify('sslclient', 'server.pem'));
    assert.match(await verify('any', 'ca.pem'), /OK/);
    await openssl('req', '-in', file('csr.pem'), '-verify', '-noout');
    await openssl('pkey', '-in', file('key.pem'), '-check', '-noout');
    const print = await openssl(
      'x509',
      '-in',
      file('server.pem'),
      '-noout',
      '-subject',
      '-nameopt',
      'RFC2253,sep_comma_plus',
    );
    assert.equal(print.trim(), 'subject=CN=system:node:n1,O=system:nodes');
  });
}

test(
  'the subject is written as Go writes it: organizations in one relative name, sorted, PrintableString where it fits',
  options,
  async () => {
    const keyPair = await generateKeyPair('ecdsa-p256');
    const names = { commonName: 'a_b', organizations: ['system:masters', 'b', 'é', 'a'] };
    await writeFile(file('go.der'), await createCsr({ keyPair, subject: names, alternativeNames }));
    const dump = await openssl('asn1parse', '-inform', 'DER', '-in', file('go.der'));
    const order = [...dump.matchAll(/(PRINTABLESTRING|UTF8STRING|OBJECT) +:(.*)/g)].map(
      (match) => `${match[1]} ${match[2]}`,
    );
    assert.deepEqual(order.slice(0, 10), [
      'OBJECT organizationName',
      'PRINTABLESTRING a',
      'OBJECT organizationName',
      'PRINTABLESTRING b',
      'OBJECT organizationName',
      'UTF8STRING é',
      'OBJECT organizationName',
      'PRINTABLESTRING system:masters',
      'OBJECT commonName',
      'UTF8STRING a_b',
    ]);
  },
);

test("OpenSSL's own requests and keys are read", options, async () => {
  const san = 'subjectAltName=DNS:n1,IP:10.0.0.1,email:a@b.example,URI:spiffe://x/y,otherName:1.2.3;UTF8:x,dirName:dn';
  const config = `[req]\ndistinguished_name=d\nreq_extensions=e\n[d]\n[dn]\nCN=x\n[e]\n${san.replace('=', ' = ')}\nbasicConstraints=critical,CA:TRUE\nextendedKeyUsage=serverAuth,codeSigning\n`;
  await writeFile(file('openssl.cnf'), config);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('o.key')];
  await openssl(
    'req',
    '-new',
    ...key,
    '-subj',
    '/O=x/CN=n1/emailAddress=a@b',
    '-config',
    file('openssl.cnf'),
    '-out',
    file('o.csr'),
  );
  const facts = parseCsr(decodePem(await readFile(file('o.csr'), 'utf8'))[0]?.der ?? new Uint8Array());
  assert.equal(facts.signatureValid, true);
  assert.equal(facts.requestsCa, true);
  assert.deepEqual(facts.alternativeNames, { dns: ['n1'], ip: ['10.0.0.1'] });
  assert.deepEqual(facts.otherNames, ['URI:spiffe://x/y', 'dirName', 'email:a@b.example', 'otherName']);
  assert.deepEqual(facts.otherSubjectAttributes, ['1.2.840.113549.1.9.1']);
  assert.deepEqual(facts.otherUsages, ['1.3.6.1.5.5.7.3.3']);
  assert.equal(parsePrivateKeyPem(await readFile(file('o.key'), 'utf8')).algorithm, 'ecdsa-p256');
});

test("OpenSSL's own CA and leaf are read and verified, its other purposes refused", options, async () => {
  const ca = [
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    file('c.key'),
    '-x509',
    '-days',
    '2',
    '-subj',
    '/O=Foreign/OU=Unit/CN=CA',
  ];
  await openssl('req', ...ca, '-addext', 'keyUsage=critical,keyCertSign', '-out', file('c.pem'));
  const leaf = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-384',
    '-nodes',
    '-keyout',
    file('l.key'),
    '-subj',
    '/CN=leaf',
  ];
  await openssl('req', '-new', ...leaf, '-out', file('l.csr'));
  await writeFile(file('ext.cnf'), 'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:leaf\n');
  const sign = [
    '-req',
    '-in',
    file('l.csr'),
    '-CA',
    file('c.pem'),
    '-CAkey',
    file('c.key'),
    '-CAcreateserial',
    '-days',
    '1',
  ];
  await openssl('x509', ...sign, '-extfile', file('ext.cnf'), '-out', file('l.pem'));
  const bundle = [parseCertificate(await readFile(file('c.pem'), 'utf8'))];
  const certificate = parseCertificate(await readFile(file('l.pem'), 'utf8'));
  const at = new Date(Date.now() + 60_000);
  assert.equal(verifyCertificate({ certificate, bundle, usage: 'server auth', at }), undefined);
  assert.equal(verifyCertificate({ certificate, bundle, usage: 'client auth', at })?.reason, 'usages');
  const serial = (await openssl('x509', '-in', file('l.pem'), '-noout', '-serial'))
    .trim()
    .replace('serial=', '')
    .toLowerCase();
  assert.equal(certificate.serial, serial.replace(/^0+/, ''));
});
