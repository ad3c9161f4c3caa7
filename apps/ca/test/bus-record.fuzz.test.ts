/** Values of the CA's buckets: tokens, revocations, hosts, automations, keys of cfssl's callers. Half a record lets nobody in. */

import assert from 'node:assert/strict';
import { isAppError } from '@easycerts/core';
import { fuzz } from '@easycerts/testing/fuzz';
import { decodeAutomation, encodeAutomation } from '../src/core/automation.ts';
import { decodeKeyRecord, encodeKeyRecord } from '../src/core/cfssl/key-record.ts';
import { decodeRegisteredHost, encodeRegisteredHost } from '../src/core/registered-host.ts';
import { decodeRevocation, encodeRevocation } from '../src/core/revocation.ts';
import { decodeToken, encodeToken } from '../src/core/token-record.ts';

const times = { createdAtMs: 1_577_880_000_000, notAfterMs: 1_580_000_000_000 };
const serial = '6b1f20c4a97d3e58';
const fingerprint = 'ab'.repeat(32);

/** Key in the bucket, how it is read, how it is written. */
const readers: readonly [key: string, again: (value: Uint8Array) => Uint8Array][] = [
  ['x', (value) => encodeAutomation(decodeAutomation('x', value))],
  ['n1.record', (value) => encodeRegisteredHost(decodeRegisteredHost('n1.record', value))],
  [serial, (value) => encodeRevocation(decodeRevocation(serial, value))],
  ['0123456789ab', (value) => encodeToken(decodeToken('0123456789ab', value))],
  ['n1.default', (value) => encodeKeyRecord(decodeKeyRecord('n1.default', value))],
];

fuzz({
  name: 'bus-record',
  format: 'json',
  seeds: [
    encodeAutomation({ name: 'x', read: ['certificate.*'], serial, fingerprint, ...times }),
    encodeRegisteredHost({
      record: { name: 'n1', roles: ['node'], addresses: ['192.0.2.11'] },
      isRevoked: false,
      enrolment: { tokenId: '0123456789ab', requestHash: 'ab', serial, joinedAtMs: 1, isConfirmed: true },
      removal: { reason: 'host-left', by: 'n1', note: 'sold', atMs: 2 },
    }),
    encodeRevocation({
      serial,
      host: 'n1',
      name: 'kubelet',
      authority: 'kubernetes',
      fingerprint,
      notAfterMs: times.notAfterMs,
      revokedAtMs: 1,
      reason: 'host-left',
    }),
    encodeToken({
      id: '0123456789ab',
      secretHash: fingerprint,
      role: 'node',
      host: 'n1',
      uses: 1,
      note: 'rack 4',
      addresses: ['192.0.2.11'],
      createdBy: 'm1',
      createdAtMs: times.createdAtMs,
      expiresAtMs: times.notAfterMs,
      usedBy: [{ host: 'n1', requestHash: 'ab'.repeat(16), serial, atMs: 3 }],
    }),
    encodeKeyRecord({
      host: 'n1',
      profile: 'default',
      generation: 2,
      createdAtMs: 1,
      previousUntilMs: 2,
      revokedAtMs: 0,
    }),
  ],
  words: ['automation/', 'n2', '0123456789ac', 'true', 'false', 'revoked'],
  refusals: [],
  read(input) {
    // No value is that of two buckets, and what is accepted is written as it was read.
    const accepted = readers.filter(([, again]) => {
      const written = orRefused(() => again(input));
      if (written !== undefined) assert.deepEqual(again(written), written);
      return written !== undefined;
    });
    assert.ok(accepted.length <= 1, accepted.map(([key]) => key).join());
    return accepted.length === 1;
  },
});

function orRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isAppError(error) && error.code === 'DAMAGED' && !/[^\P{Cc}\n]/u.test(error.message)) return undefined;
    throw error;
  }
}
