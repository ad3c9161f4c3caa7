import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { type KeyAlgorithm, keyAlgorithms } from '@easycerts/cluster';
import { temporaryDirectory } from '@easycerts/testing';
import { createAuthority, issueCertificate } from './authority.ts';
import { generateKeyPair } from './key-pair.ts';
import { encodePem } from './pem.ts';
import { spkiOf } from './public-key.ts';
import { createCrl, createOcspResponse } from './revocation-lists.ts';
import { newSerial } from './serial.ts';

const at = (hours: number): Date => new Date(Math.floor(Date.now() / 1_000) * 1_000 + hours * 3_600_000);

async function site(keyAlgorithm: KeyAlgorithm) {
  const { path, remove } = await temporaryDirectory();
  const authority = await createAuthority({
    commonName: 'test CA',
    keyAlgorithm,
    notBefore: at(-1),
    notAfter: at(24),
    serial: newSerial(randomBytes),
  });
  const keyPair = await generateKeyPair('ecdsa-p256');
  const serial = newSerial(randomBytes);
  const template = {
    serial,
    subject: { commonName: 'n1', organizations: [] },
    alternativeNames: { dns: ['n1'], ip: [] },
    usages: ['server auth'] as const,
    notBefore: at(-1),
    notAfter: at(12),
    spkiDer: spkiOf(keyPair.publicKey),
  };
  const leaf = issueCertificate({ authority, template });
  await writeFile(`${path}/ca.pem`, encodePem('CERTIFICATE', authority.certificate.der));
  await writeFile(`${path}/leaf.pem`, encodePem('CERTIFICATE', leaf));
  return { path, remove, authority, serial };
}

const openssl = (path: string, ...args: readonly string[]): string =>
  execFileSync('openssl', args, { cwd: path, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

for (const keyAlgorithm of keyAlgorithms) {
  test(`OpenSSL accepts a CRL of a CA with ${keyAlgorithm}, and refuses what it lists`, async (t) => {
    const { path, remove, authority, serial } = await site(keyAlgorithm);
    t.after(remove);
    const request = { authority, number: '80', thisUpdate: at(0), nextUpdate: at(1) };
    const write = async (revoked: { serial: string; revokedAt: Date }[]) =>
      writeFile(`${path}/crl.pem`, encodePem('X509 CRL', createCrl({ ...request, revoked })));
    const verify = () =>
      spawnSync(
        'openssl',
        ['verify', '-x509_strict', '-crl_check', '-CRLfile', 'crl.pem', '-CAfile', 'ca.pem', 'leaf.pem'],
        {
          cwd: path,
          encoding: 'utf8',
        },
      );
    await write([{ serial: 'f1', revokedAt: at(-1) }]);
    assert.equal(verify().status, 0, verify().stderr);
    await write([{ serial, revokedAt: at(-1) }]);
    assert.match(verify().stderr, /certificate revoked/);
    await write([]);
    assert.equal(verify().status, 0, verify().stderr);
    const text = openssl(path, 'crl', '-in', 'crl.pem', '-noout', '-text');
    assert.match(text, /X509v3 CRL Number:\s+(128|0x80)\b/);
    assert.match(text, /X509v3 Authority Key Identifier/);
    assert.match(text, /No Revoked Certificates/);
  });

  test(`OpenSSL accepts OCSP responses of a CA with ${keyAlgorithm}`, async (t) => {
    const { path, remove, authority, serial } = await site(keyAlgorithm);
    t.after(remove);
    for (const issuerHash of ['sha1', 'sha256'] as const) {
      for (const status of [{ kind: 'good' }, { kind: 'unknown' }, { kind: 'revoked', at: at(-1) }] as const) {
        const response = { authority, serial, status, issuerHash, thisUpdate: at(0), nextUpdate: at(1) };
        await writeFile(`${path}/response.der`, createOcspResponse(response));
        const args = ['ocsp', `-${issuerHash}`, '-issuer', 'ca.pem', '-cert', 'leaf.pem', '-respin', 'response.der'];
        const found = spawnSync('openssl', [...args, '-CAfile', 'ca.pem'], { cwd: path, encoding: 'utf8' });
        assert.match(found.stderr, /Response verify OK/, found.stderr);
        assert.match(found.stdout, new RegExp(`leaf.pem: ${status.kind}`), found.stdout);
      }
    }
  });
}
