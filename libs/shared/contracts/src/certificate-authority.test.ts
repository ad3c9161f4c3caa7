import assert from 'node:assert/strict';
import test from 'node:test';
import { CertificateAuthorityService, IssuedCertificate, SignRequest, SignResponse } from './index.ts';

const request: SignRequest = {
  name: 'kubelet-client',
  csrDer: new Uint8Array([0x30, 0x03, 0x02, 0x01, 0x00]),
  requestId: '0b9c4f6e-6a0e-4c58-9a5e-0d8a1e6f7b21',
  requestedAtMs: Date.UTC(2020, 0, 1, 12),
  reason: 'missing',
};

test('a message survives the wire', () => {
  assert.deepEqual(SignRequest.decode(SignRequest.encode(request).finish()), request);
});

test('a message without fields decodes to the defaults of proto3', () => {
  const response = SignResponse.decode(new Uint8Array());
  assert.deepEqual(response, { certificateDer: new Uint8Array(), chainDer: [], trustBundlePem: '', serial: '' });
});

test('a field of a later version is skipped', () => {
  // Field 200, length-delimited, 2 bytes; then the message.
  const later = [0xc2, 0x0c, 0x02, 0x61, 0x62];
  const bytes = new Uint8Array([...later, ...SignRequest.encode(request).finish()]);
  assert.deepEqual(SignRequest.decode(bytes), request);
});

test('a cut message is refused, whatever the place', () => {
  const bytes = SignRequest.encode(request).finish();
  let refused = 0;
  for (let length = 1; length < bytes.length; length += 1) {
    try {
      assert.notDeepEqual(SignRequest.decode(bytes.subarray(0, length)), request);
    } catch {
      refused += 1;
    }
  }
  assert.ok(refused > bytes.length / 2);
});

test('a time beyond what a number holds exactly is an error, not a rounded time', () => {
  // Field 4 (requested_at_ms), varint 2^62.
  const bytes = Buffer.from([0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]);
  assert.throws(() => SignRequest.decode(bytes), /MAX_SAFE_INTEGER/);
});

test('times before 1970 and large ones survive', () => {
  for (const notBeforeMs of [-1, 0, Date.UTC(9999, 11, 31), Number.MAX_SAFE_INTEGER]) {
    const issued = { ...IssuedCertificate.decode(new Uint8Array()), notBeforeMs };
    assert.equal(IssuedCertificate.decode(IssuedCertificate.encode(issued).finish()).notBeforeMs, notBeforeMs);
  }
});

test('the service has the four calls under their full names', () => {
  assert.deepEqual(
    Object.values(CertificateAuthorityService).map(({ path }) => path),
    ['Sign', 'GetTrustBundle', 'ListCertificates', 'GetCertificate'].map(
      (call) => `/easycerts.ca.v1.CertificateAuthority/${call}`,
    ),
  );
});
