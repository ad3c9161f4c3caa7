/** parseJoinToken: what stands behind a checksum that is right. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { fuzz } from '@easycerts/testing/fuzz';
import { encodeJoinToken, parseJoinToken } from '../src/join-token.ts';

const token = {
  endpoints: ['192.0.2.10:6444', '[2001:db8::1]:6444', 'api.kube.example:6444'],
  id: '0123456789ab',
  secret: Buffer.alloc(32, 7),
  pin: '5f'.repeat(32),
};

fuzz({
  name: 'join-token-payload',
  format: 'json',
  seeds: [Buffer.from(encodeJoinToken(token).split('.')[1] ?? '', 'base64url')],
  words: ['"e"', '"s"', ':6444', '[::1]', '0x10', '65536'],
  refusals: ['INVALID_INPUT'],
  read(input) {
    const payload = Buffer.from(input).toString('base64url');
    const checksum = createHash('sha256').update(`ect1.${payload}`).digest('hex').slice(0, 8);
    const read = parseJoinToken(`ect1.${payload}.${checksum}`);
    assert.deepEqual(parseJoinToken(encodeJoinToken(read)), read);
    return read;
  },
});
