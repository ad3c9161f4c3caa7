/** decodeRecords: messages of the ledger. What is read and written again is the same. */

import assert from 'node:assert/strict';
import { fuzz } from '@easycerts/testing/fuzz';
import { decodeRecords, encodeRecords, type LedgerRecord } from '../src/core/ledger-record.ts';

const record: LedgerRecord = {
  serial: '6b1f20c4a97d3e58',
  authority: 'kubernetes',
  host: 'n1',
  name: 'kubelet-client',
  reason: 'near-expiry',
  requestHash: 'ab'.repeat(16),
  spkiFingerprint: 'cd'.repeat(32),
  notAfterMs: 1_580_000_000_000,
  issuedAtMs: 1_577_880_000_000,
  certificateDer: new Uint8Array(Buffer.from('30820102', 'hex')),
};

fuzz({
  name: 'ledger-record',
  format: 'json',
  seeds: [encodeRecords([record]), encodeRecords([record, { ...record, host: 'automation/x', serial: 'f' }])],
  words: ['"records"', '"version":2', 'automation/', '=', '1e400'],
  refusals: ['DAMAGED', 'FAILED_PRECONDITION'],
  read(input) {
    const records = decodeRecords(input, 'message 1 of the ledger');
    assert.deepEqual(decodeRecords(encodeRecords(records), 'again'), records);
    return records;
  },
});
