import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { idRequest, idsIn } from './messages.ts';

/** A length-delimited field. */
const field = (number: number, value: Uint8Array): Buffer => {
  const head = value.length < 128 ? [value.length] : [(value.length & 0x7f) | 0x80, value.length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...head]), value]);
};
const text = (number: number, value: string): Buffer => field(number, Buffer.from(value));

describe('messages of the CRI', () => {
  test('an id is written as protobuf writes a string in field 1', () => {
    assert.deepEqual(idRequest('abc'), Buffer.from([0x0a, 3, 0x61, 0x62, 0x63]));
    const long = 'x'.repeat(300);
    assert.deepEqual(idRequest(long).subarray(0, 3), Buffer.from([0x0a, 0xac, 0x02]));
  });

  test('ids are found, whatever else a sandbox has', () => {
    const first = Buffer.concat([text(1, 'one'), text(2, 'metadata'), Buffer.from([0x18, 0x80, 0x80, 0x01])]);
    const second = Buffer.concat([
      Buffer.from([0x21, ...new Uint8Array(8)]),
      text(1, 'two'),
      Buffer.from([0x2d, 0, 0, 0, 0]),
    ]);
    assert.deepEqual(idsIn(Buffer.concat([field(1, first), text(7, 'unknown'), field(1, second)])), ['one', 'two']);
    assert.deepEqual(idsIn(Buffer.alloc(0)), []);
  });

  test('a long response is read to its end', () => {
    const many = Array.from({ length: 300 }, (_, index) => field(1, text(1, `sandbox-${index}`.padEnd(140, 'x'))));
    assert.equal(idsIn(Buffer.concat(many)).length, 300);
  });

  for (const [name, bytes] of [
    ['ends within a field', [0x0a, 5, 0x0a]],
    ['ends within a number', [0x0a, 0x80]],
    ['has a sandbox without an id', [0x0a, 2, 0x12, 0]],
    ['has a field of a kind that there is not', [0x0b, 0]],
    ['has a length without end', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['claims more than there is', [0x0a, 0xff, 0x7f, 0]],
  ] as const) {
    test(`a response that ${name} is damaged`, () => {
      assert.throws(
        () => idsIn(Buffer.from(bytes)),
        (error) => isAppError(error, 'DAMAGED'),
      );
    });
  }
});
