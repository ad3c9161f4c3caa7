import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { checkedRequest, makeAuthorities, node, now } from '../../test/fixture.ts';
import { issueChecked } from '../edge/issue-checked.ts';
import { signingInPlace } from '../edge/signing/signing.ts';
import { certificateOf, decodeRecords, encodedLength, encodeRecords, type LedgerRecord } from './ledger-record.ts';

const authorities = await makeAuthorities();
const recordOf = async (name: string): Promise<LedgerRecord> =>
  (
    await issueChecked(await checkedRequest(node, name), {
      authorities,
      signing: signingInPlace(authorities),
      now,
      randomBytes,
    })
  ).record;
const record = await recordOf('kubelet');
const other = await recordOf('kubelet-client');

test('records are read back as they were written', () => {
  assert.deepEqual(decodeRecords(encodeRecords([record, other]), 'test'), [record, other]);
  assert.deepEqual(decodeRecords(encodeRecords([]), 'test'), []);
});

test('the certificate of a record is the one it names', () => {
  assert.equal(certificateOf(record).subjectText, 'CN=system:node:n1,O=system:nodes');
  for (const wrong of [
    { ...record, serial: other.serial },
    { ...record, certificateDer: other.certificateDer },
  ]) {
    assert.throws(
      () => certificateOf(wrong),
      (error) => isAppError(error, 'DAMAGED'),
    );
  }
  const cut = { ...record, certificateDer: record.certificateDer.subarray(1) };
  assert.throws(
    () => certificateOf(cut),
    (error) => isAppError(error, 'DAMAGED'),
  );
});

test('the estimate of the length is never too small', () => {
  assert.ok(encodedLength(record) >= encodeRecords([record]).length - 30);
  assert.ok(encodedLength(record) < 2 * encodeRecords([record]).length);
});

test('a record holds no private key and no CSR', () => {
  assert.deepEqual(Object.keys(record).sort(), [
    'authority',
    'certificateDer',
    'host',
    'issuedAtMs',
    'name',
    'notAfterMs',
    'reason',
    'requestHash',
    'serial',
    'spkiFingerprint',
  ]);
});

const written = JSON.parse(Buffer.from(encodeRecords([record])).toString()) as {
  version: number;
  records: Record<string, unknown>[];
};
const withField = (field: string, value: unknown) =>
  JSON.stringify({ ...written, records: [{ ...written.records[0], [field]: value }] });

const damaged: Readonly<Record<string, string>> = {
  nothing: '',
  'half a message': JSON.stringify(written).slice(0, 200),
  'not an object': '[]',
  null: 'null',
  'no records': JSON.stringify({ version: 1 }),
  'a record that is a text': JSON.stringify({ version: 1, records: ['x'] }),
  'a serial number with a capital': withField('serial', 'AB'),
  'an empty serial number': withField('serial', ''),
  'an authority that we do not have': withField('authority', 'root'),
  'a host with a dot': withField('host', 'a.b'),
  'a host that is no text': withField('host', 1),
  'a key that is no hash': withField('spkiFingerprint', 'ab'),
  'no request hash': withField('requestHash', undefined),
  'a time that is no number': withField('notAfterMs', '2020'),
  'a time with fractions': withField('issuedAtMs', 0.5),
  'a certificate that is not base64': withField('certificate', '!'),
  'no certificate': withField('certificate', ''),
};

for (const [name, text] of Object.entries(damaged)) {
  test(`damaged: ${name}`, () => {
    assert.throws(
      () => decodeRecords(Buffer.from(text), 'message 7 of the ledger'),
      (error) => isAppError(error, 'DAMAGED') && error.message.includes('message 7'),
    );
  });
}

test('what a newer version wrote is not guessed at', () => {
  const newer = Buffer.from(JSON.stringify({ ...written, version: 2 }));
  assert.throws(
    () => decodeRecords(newer, 'test'),
    (error) => isAppError(error, 'FAILED_PRECONDITION'),
  );
});

test('unknown fields of a record are passed over', () => {
  assert.deepEqual(decodeRecords(Buffer.from(withField('later', 1)), 'test'), [record]);
});
