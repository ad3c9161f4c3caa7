import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { newSerial } from './serial.ts';

test('a serial number is positive and has at most 127 bits', () => {
  assert.equal(
    newSerial((size) => new Uint8Array(size).fill(0xff)),
    `7${'f'.repeat(31)}`,
  );
  for (let round = 0; round < 1_000; round++) {
    const serial = newSerial(randomBytes);
    assert.match(serial, /^[1-9a-f][0-9a-f]*$/);
    assert.ok(BigInt(`0x${serial}`) < 1n << 127n);
  }
});

test('zero is never given: the bytes are drawn again', () => {
  const draws = [
    new Uint8Array(16),
    Uint8Array.of(0x80, ...new Array(15).fill(0)),
    Uint8Array.of(...new Array(15).fill(0), 1),
  ];
  assert.equal(
    newSerial(() => draws.shift() ?? assert.fail('drawn too often')),
    '1',
  );
});

test('serial numbers do not repeat', () => {
  const serials = new Set(Array.from({ length: 10_000 }, () => newSerial(randomBytes)));
  assert.equal(serials.size, 10_000);
});

test('the random source keeps its bytes', () => {
  const source = new Uint8Array(16).fill(0xff);
  newSerial(() => source);
  assert.equal(source[0], 0xff);
});
