import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { authorityNames } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { encodePem, privateKeyToPem } from '@easycerts/pki';
import { temporaryDirectory } from '@easycerts/testing';
import { makeAuthorities } from '../../test/fixture.ts';
import { authorityFiles, loadAuthorities, trustBundleOf } from './authority-files.ts';

const authorities = await makeAuthorities();
const folder = await temporaryDirectory();
const directory = `${folder.path}/ca`;
const kubernetes = authorityFiles(directory, 'kubernetes');

beforeEach(async () => {
  await rm(directory, { recursive: true, force: true });
  for (const name of authorityNames) {
    const { cert, key } = authorityFiles(directory, name);
    await mkdir(dirname(cert), { recursive: true });
    await writeFile(cert, encodePem('CERTIFICATE', authorities[name].certificate.der));
    await writeFile(key, privateKeyToPem(authorities[name].keyPair.privateKey), { mode: 0o600 });
  }
});
after(() => folder.remove());

test('authorities are read whole', async () => {
  const loaded = await loadAuthorities(directory);
  for (const name of authorityNames) {
    assert.equal(loaded[name].certificate.fingerprint, authorities[name].certificate.fingerprint);
    assert.match(trustBundleOf(loaded[name]), /^-----BEGIN CERTIFICATE-----\n/);
  }
});

test('before ca init the error says so', async () => {
  await rm(directory, { recursive: true });
  await assert.rejects(
    loadAuthorities(directory),
    (error) => isAppError(error, 'FAILED_PRECONDITION') && String(error.details.cure).includes('ca init'),
  );
});

const damages: Readonly<Record<string, { path: string; make: () => Promise<void> }>> = {
  'a missing key': { path: kubernetes.key, make: () => rm(kubernetes.key) },
  'a missing certificate': { path: kubernetes.cert, make: () => rm(kubernetes.cert) },
  'an empty key': { path: kubernetes.key, make: () => writeFile(kubernetes.key, '') },
  'half a key': {
    path: kubernetes.key,
    make: async () => writeFile(kubernetes.key, (await readFile(kubernetes.key)).subarray(0, 120)),
  },
  'half a certificate': {
    path: kubernetes.cert,
    make: async () => writeFile(kubernetes.cert, (await readFile(kubernetes.cert)).subarray(0, 200)),
  },
  'the key of another authority': {
    path: kubernetes.key,
    make: () => writeFile(kubernetes.key, privateKeyToPem(authorities.etcd.keyPair.privateKey)),
  },
  'the certificate of another authority': {
    path: kubernetes.key,
    make: () => writeFile(kubernetes.cert, encodePem('CERTIFICATE', authorities.etcd.certificate.der)),
  },
};

for (const [name, { path, make }] of Object.entries(damages)) {
  test(`damaged, with path and cure, and left as it is: ${name}`, async () => {
    await make();
    const before = await readFile(path).catch(() => undefined);
    await assert.rejects(loadAuthorities(directory), (error) => {
      assert.ok(isAppError(error, 'DAMAGED'));
      assert.equal(error.details.path, path);
      assert.match(String(error.details.cure), /backup/);
      return true;
    });
    assert.deepEqual(await readFile(path).catch(() => undefined), before);
  });
}

test('a key that others may read is not used', async () => {
  await chmod(kubernetes.key, 0o640);
  await assert.rejects(
    loadAuthorities(directory),
    (error) => isAppError(error, 'FAILED_PRECONDITION') && error.details.path === kubernetes.key,
  );
});

test('an error never quotes a key', async () => {
  const pem = await readFile(kubernetes.key, 'utf8');
  await writeFile(kubernetes.key, pem.replace('-----END', '-----ENDE'));
  await assert.rejects(loadAuthorities(directory), (error) => {
    const text = isAppError(error) ? JSON.stringify([error.message, error.details, String(error.cause)]) : '';
    return text !== '' && !text.includes(pem.split('\n')[1] ?? '');
  });
});
