import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClusterConfig } from '@easycerts/cluster';
import { decodePem, encodePem, parseCertificate, parseCsr, parsePrivateKeyPem, spkiFingerprint } from '@easycerts/pki';
import { innerRequest, testCfsslApi } from '../../../test/cfssl.ts';
import { makeAuthorities, master } from '../../../test/fixture.ts';
import { decimalOfSerial } from '../../core/cfssl/serials.ts';

const kubeProxy = { subject: { commonName: 'system:kube-proxy', organizations: [] }, hosts: [] };

test('a certificate is described as cfssl does, by itself or by serial number and key id', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const issued = String(
    (
      await ca.authsign(
        key,
        await innerRequest({ subject: { commonName: 'n1', organizations: [] }, hosts: ['n1', '192.0.2.11'] }),
      )
    ).result.certificate,
  );
  const facts = parseCertificate(issued);
  const { result } = await ca.post('certinfo', { certificate: issued });
  assert.deepEqual(result, {
    subject: { common_name: 'n1', names: ['n1'] },
    issuer: { common_name: 'test kubernetes CA', names: ['test kubernetes CA'] },
    serial_number: BigInt(`0x${facts.serial}`).toString(),
    sans: ['n1', '192.0.2.11'],
    not_before: '2020-01-01T11:55:00Z',
    not_after: '2020-01-31T12:00:00Z',
    sigalg: 'ECDSAWithSHA256',
    authority_key_id: (facts.authorityKeyId.toUpperCase().match(/../g) ?? []).join(':'),
    subject_key_id: (facts.subjectKeyId.toUpperCase().match(/../g) ?? []).join(':'),
    pem: issued,
  });
  const id = { serial: decimalOfSerial(facts.serial), authority_key_id: facts.authorityKeyId };
  assert.deepEqual((await ca.post('certinfo', id)).result, result);
  for (const unknown of [
    { ...id, serial: '1' },
    { ...id, authority_key_id: 'ab' },
    { ...id, serial: '-1' },
    { ...id, serial: '0x1' },
  ]) {
    assert.equal((await ca.post('certinfo', unknown)).success, false, JSON.stringify(unknown));
  }
});

test('nobody makes the CA ask another machine', async (t) => {
  const ca = await testCfsslApi(t);
  for (const endpoint of ['certinfo', 'bundle']) {
    const { status, errors } = await ca.post(endpoint, { domain: 'localhost', ip: '127.0.0.1' });
    assert.deepEqual([status, errors], [400, [{ code: 400, message: 'no valid parameter sets found' }]]);
  }
});

test('what is no certificate is said to be none', async (t) => {
  const ca = await testCfsslApi(t);
  for (const endpoint of ['certinfo', 'bundle', 'ocspsign']) {
    for (const certificate of ['', 'x', encodePem('CERTIFICATE', Buffer.from([0x30, 0]))]) {
      const { status, errors } = await ca.post(endpoint, { certificate });
      assert.deepEqual([status, errors[0]?.code], [400, 1003], endpoint);
    }
  }
});

test('a bundle is the leaf and its root, for certificates of ours alone and for their names', async (t) => {
  const ca = await testCfsslApi(t);
  const key = await ca.keyFor('n1');
  const certificate = String(
    (await ca.authsign(key, await innerRequest({ subject: { commonName: 'n1', organizations: [] }, hosts: ['n1'] })))
      .result.certificate,
  );
  const { result } = await ca.post('bundle', { certificate, domain: 'n1' });
  assert.equal(result.bundle, certificate.trimEnd());
  assert.equal(parseCertificate(String(result.root)).fingerprint, ca.authorities.kubernetes.certificate.fingerprint);
  assert.deepEqual(
    [result.key, result.key_type, result.key_size, result.hostnames],
    ['', '256-bit ECDSA', 256, ['n1']],
  );
  assert.deepEqual([result.subject, result.issuer], ['/CommonName=n1', '/CommonName=test kubernetes CA']);
  assert.equal((await ca.post('bundle', { certificate, domain: 'm1' })).errors[0]?.code, 1200);
  const withKey = await ca.post('bundle', { certificate, private_key: 'a secret' });
  assert.deepEqual([withKey.status, withKey.body.includes('a secret')], [400, false]);
  const foreign = (await makeAuthorities()).kubernetes.certificate;
  const stranger = await ca.post('bundle', { certificate: encodePem('CERTIFICATE', foreign.der) });
  assert.equal(stranger.errors[0]?.code, 1220);
  ca.clock.advance(31 * 86_400_000);
  assert.equal((await ca.post('bundle', { certificate })).errors[0]?.code, 1220);
});

test('newkey is not there, unless the configuration says so; then its key and request belong together', async (t) => {
  const closed = await testCfsslApi(t);
  assert.equal((await closed.post('newkey', { CN: 'n1' })).status, 404);
  const text = 'roles: [master, node]\nmasterAddress: localhost\npki: {cfssl: {newkey: true}}\n';
  const ca = await testCfsslApi(t, {
    source: { load: async () => ({ config: parseClusterConfig(text, 'test'), ownHost: master }) },
  });
  const { result } = await ca.post('newkey', { CN: 'n1', names: [{ O: 'a' }], hosts: ['n1', '192.0.2.11'] });
  const [block] = decodePem(String(result.certificate_request));
  const csr = parseCsr(block?.der ?? new Uint8Array());
  assert.equal(csr.spkiFingerprint, spkiFingerprint(parsePrivateKeyPem(String(result.private_key)).publicKey));
  assert.deepEqual(csr.subject, { commonName: 'n1', organizations: ['a'] });
  assert.deepEqual(csr.alternativeNames, { dns: ['n1'], ip: ['192.0.2.11'] });
  const wrong = [
    { CN: 'n1', CA: {} },
    { CN: 'n1', ca: { expiry: '1h' } },
    { CN: 'n1', key: { algo: 'rsa', size: 1024 } },
    { CN: 'n1', key: { algo: 'rsa', size: 16384 } },
    { CN: 'n1', key: { algo: 'ecdsa', size: '256' } },
    { CN: 'n1', key: 'rsa' },
    { CN: 'n1', names: [{ O: 'a', OU: 'b' }] },
    { CN: 'n1', hosts: ['system:masters'] },
    { CN: '' },
  ];
  for (const request of wrong) assert.equal((await ca.post('newkey', request)).status, 400, JSON.stringify(request));
  const issued = await ca.authsign(await ca.keyFor('n1'), await innerRequest(kubeProxy));
  assert.equal(issued.status, 200);
});
