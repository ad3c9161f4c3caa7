import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { bits, int, octets, oidDer, seq, set, tlv, utf8 } from '../testing/der-writer.ts';
import { type DerElement, readDer } from './der.ts';
import {
  booleanOf,
  integerOf,
  namedBitsOf,
  octetsOf,
  oidOf,
  sequenceOf,
  setOf,
  timeOf,
  wholeBitsOf,
} from './der-values.ts';

const utcTime = (text: string) => readDer(tlv(0x17, Buffer.from(text)));
const generalizedTime = (text: string) => readDer(tlv(0x18, Buffer.from(text)));

test('object identifiers are read with large arcs and all three roots', () => {
  for (const dotted of ['0.9.2342', '1.2.840.113549.1.1.11', '2.5.29.17', '2.5.4.3', '1.3.6.1.4.1.4294967295']) {
    assert.equal(oidOf(readDer(oidDer(dotted)), 'test'), dotted);
  }
});

test('times are read as RFC 5280 writes them', () => {
  assert.equal(timeOf(utcTime('200101120000Z'), 'test').toISOString(), '2020-01-01T12:00:00.000Z');
  assert.equal(timeOf(utcTime('491231235959Z'), 'test').getUTCFullYear(), 2049);
  assert.equal(timeOf(utcTime('500101000000Z'), 'test').getUTCFullYear(), 1950);
  assert.equal(timeOf(generalizedTime('20500101000000Z'), 'test').getUTCFullYear(), 2050);
  assert.equal(timeOf(utcTime('200229000000Z'), 'test').getUTCDate(), 29);
});

const noTimes: Readonly<Record<string, DerElement>> = {
  'without seconds': utcTime('2001011200Z'),
  'with a time zone': utcTime('200101120000+0100'),
  'with fractions': generalizedTime('20200101120000.5Z'),
  'month 13': utcTime('201301120000Z'),
  '31 February': utcTime('200231120000Z'),
  '29 February of a common year': utcTime('210229120000Z'),
  'hour 24': utcTime('200101240000Z'),
  'second 60': utcTime('200101120060Z'),
  'not a time': readDer(utf8('200101120000Z')),
};

for (const [name, element] of Object.entries(noTimes)) {
  test(`a time is refused: ${name}`, () => {
    assert.throws(
      () => timeOf(element, 'test'),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  });
}

test('named bits are numbered from the first', () => {
  assert.deepEqual(namedBitsOf(readDer(bits(new Uint8Array([0b1000_0110]), 1)), 'test'), [0, 5, 6]);
  assert.deepEqual(namedBitsOf(readDer(bits(new Uint8Array([0, 0x80]), 7)), 'test'), [8]);
  assert.deepEqual(namedBitsOf(readDer(bits(new Uint8Array())), 'test'), []);
});

test('a value of another type is refused by every reader', () => {
  const wrong = readDer(utf8('x'));
  for (const read of [sequenceOf, setOf, oidOf, octetsOf, integerOf, booleanOf, wholeBitsOf, namedBitsOf]) {
    assert.throws(
      () => read(wrong, 'test'),
      (error) => isAppError(error, 'INVALID_INPUT'),
      read.name,
    );
    assert.throws(
      () => read(undefined, 'test'),
      (error) => isAppError(error, 'INVALID_INPUT'),
      read.name,
    );
  }
  assert.throws(
    () => wholeBitsOf(readDer(bits(new Uint8Array([0x80]), 7)), 'test'),
    (error) => isAppError(error),
  );
});

test('values are views of the input', () => {
  assert.deepEqual([...octetsOf(readDer(octets(new Uint8Array([1, 2]))), 'test')], [1, 2]);
  assert.deepEqual([...integerOf(readDer(int(0, 200)), 'test')], [0, 200]);
  assert.equal(sequenceOf(readDer(seq(int(1), int(2))), 'test').length, 2);
  assert.equal(setOf(readDer(set()), 'test').length, 0);
});
