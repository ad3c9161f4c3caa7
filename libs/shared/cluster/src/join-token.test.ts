import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '@easycerts/core';
import { encodeJoinToken, type JoinToken, parseJoinToken } from './join-token.ts';

const token: JoinToken = {
  endpoints: ['api.kube.example:7445', '192.0.2.10:7445', '[2001:db8::1]:7445'],
  id: '0123456789ab',
  secret: new Uint8Array(32).fill(0xa5),
  pin: '5f'.repeat(32),
};
const line = encodeJoinToken(token);
const refusal = (error: unknown): boolean =>
  isAppError(error, 'INVALID_INPUT') && error.details.cure !== undefined && error.details.reason === 'malformed';

describe('join token', () => {
  it('is one line of characters that survive a terminal, and reads back as it was', () => {
    assert.match(line, /^ect1\.[A-Za-z0-9_-]+\.[0-9a-f]{8}$/);
    assert.deepEqual(parseJoinToken(line), token);
  });

  it('may have white space around it, as a file or a terminal adds it', () => {
    for (const text of [`${line}\n`, `  ${line}\r\n\n`, `\t${line}`]) assert.deepEqual(parseJoinToken(text), token);
  });

  it('is refused when any end of it is missing, wherever it was cut', () => {
    for (let length = 0; length < line.length; length++) {
      assert.throws(() => parseJoinToken(line.slice(0, length)), refusal, `cut to ${length}`);
      assert.throws(() => parseJoinToken(line.slice(line.length - length)), refusal, `the last ${length}`);
    }
  });

  it('is refused when any one character is another one', () => {
    for (let at = 0; at < line.length; at++) {
      const other = line[at] === 'A' ? 'B' : 'A';
      assert.throws(() => parseJoinToken(`${line.slice(0, at)}${other}${line.slice(at + 1)}`), refusal, `at ${at}`);
    }
  });

  it('is refused when it is of another kind', () => {
    const others = [
      'K10abc::server:def', // k3s
      'abcdef.0123456789abcdef', // kubeadm
      '0123456789abcdef0123456789abcdef', // NixOS
      `${line} ${line}`,
      `${line}.x`,
      `ect2.${line.slice(5)}`,
      'x'.repeat(5_000),
    ];
    for (const text of others) assert.throws(() => parseJoinToken(text), refusal, text.slice(0, 40));
  });

  it('is refused when its checksum is right and its content is not', () => {
    const rows: readonly [string, Partial<Record<keyof JoinToken, unknown>>][] = [
      ['no endpoint', { endpoints: [] }],
      ['too many endpoints', { endpoints: Array<string>(17).fill('a:1') }],
      ['an endpoint without a port', { endpoints: ['api.kube.example'] }],
      ['an endpoint with a path', { endpoints: ['api.kube.example/x:1'] }],
      ['a port that there is not', { endpoints: ['a:65536'] }],
      ['port 0', { endpoints: ['a:0'] }],
      ['another id', { id: 'ABC' }],
      ['an id that is a wildcard', { id: '*' }],
      ['a short secret', { secret: new Uint8Array(16) }],
      ['a pin of another hash', { pin: '5f'.repeat(20) }],
    ];
    for (const [what, change] of rows) {
      const wrong = { ...token, ...change } as JoinToken;
      assert.throws(
        () => encodeJoinToken(wrong),
        (error) => isAppError(error, 'INVALID_INPUT'),
        what,
      );
    }
  });

  it('never says any of its secret in a message', () => {
    const secret = Buffer.from(token.secret).toString('base64url');
    for (const text of [`${line}x`, line.slice(0, -1), `x${line}`]) {
      assert.throws(
        () => parseJoinToken(text),
        (error: Error) => !error.message.includes(secret) && !error.message.includes(line.slice(5, 40)),
      );
    }
  });
});
