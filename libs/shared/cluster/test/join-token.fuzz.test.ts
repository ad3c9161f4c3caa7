/** parseJoinToken, as a text. What was read, written and read again is the same. */

import assert from 'node:assert/strict';
import { fuzz } from '@easycerts/testing/fuzz';
import { encodeJoinToken, parseJoinToken } from '../src/join-token.ts';

const token = {
  endpoints: ['192.0.2.10:6444', '[2001:db8::1]:6444', 'api.kube.example:6444'],
  id: '0123456789ab',
  secret: Buffer.alloc(32, 7),
  pin: '5f'.repeat(32),
};

fuzz({
  name: 'join-token',
  format: 'text',
  seeds: [encodeJoinToken(token)],
  words: ['ect1.', '.', '=', '\n', '-', '_'],
  refusals: ['INVALID_INPUT'],
  read(input) {
    const read = parseJoinToken(Buffer.from(input).toString('utf8'));
    assert.deepEqual(parseJoinToken(encodeJoinToken(read)), read);
    return read;
  },
});
