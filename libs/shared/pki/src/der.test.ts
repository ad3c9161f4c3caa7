import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { bits, bool, int, octets, oidDer, seq, set, tlv, utf8 } from '../testing/der-writer.ts';
import { readDer } from './der.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const isMalformed = (error: unknown): boolean =>
  isAppError(error, 'INVALID_INPUT') && error.details.reason === 'malformed';

test('a nested value is read with all its children', () => {
  const element = readDer(seq(int(5), set(utf8('a')), tlv(0xa0, bool(true))));
  assert.deepEqual(
    element.children.map((child) => child.tag),
    [0x02, 0x31, 0xa0],
  );
  assert.equal(element.children[1]?.children[0]?.content.toString(), Buffer.from('a').toString());
  assert.equal(element.children[2]?.children[0]?.content[0], 0xff);
});

test('lengths of one, two and three octets are read', () => {
  for (const length of [0, 127, 128, 255, 256, 65_535, 65_536]) {
    assert.equal(readDer(octets(new Uint8Array(length))).content.length, length);
  }
});

const refused: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'a tag without length': '30',
  'a length that ends': '3082 01',
  'trailing bytes': '0500 0500',
  'content shorter than its length': '0403 0102',
  'a member longer than what holds it': '3003 0402 01',
  'indefinite length': '3080 0000',
  'length of four octets': '0484 00000001 00',
  'length that could be shorter (127 in two octets)': '0481 01 00',
  'length with a leading zero octet': '0482 0001 00',
  'tag of several octets': '1f8101 00',
  'boolean that is neither true nor false': '0101 01',
  'boolean of two octets': '0102 ffff',
  'integer of no octets': '0200',
  'positive integer with a superfluous zero': '0202 007f',
  'negative integer with a superfluous octet': '0202 ff80',
  'bit string of no octets': '0300',
  'bit string with eight unused bits': '0302 0800',
  'bit string with unused bits set': '0302 0101',
  'empty bit string with unused bits': '0301 01',
  'null with content': '0501 00',
  'object identifier of no octets': '0600',
  'object identifier that ends inside an arc': '0602 2a86',
  'object identifier with a padded arc': '0603 2a80 01',
  'sequence that is not constructed': '1000',
  'set that is not constructed': '1100',
};

for (const [name, hex] of Object.entries(refused)) {
  test(`refused: ${name}`, () => {
    assert.throws(() => readDer(bytes(hex)), isMalformed);
  });
}

test('what is refused alone is refused inside a sequence', () => {
  const validInside = new Set(['nothing at all', 'trailing bytes']);
  for (const [name, hex] of Object.entries(refused)) {
    if (!validInside.has(name)) assert.throws(() => readDer(seq(bytes(hex))), isMalformed, name);
  }
});

test('nesting is bounded', () => {
  let deep: Uint8Array = int(1);
  for (let level = 0; level < 16; level++) deep = seq(deep);
  assert.equal(readDer(deep).tag, 0x30);
  assert.throws(() => readDer(seq(deep)), isMalformed);
});

test('a hundred thousand nested sequences do not exhaust the stack', () => {
  assert.throws(() => readDer(new Uint8Array(200_000).fill(0x30)), isMalformed);
});

test('the number of elements is bounded', () => {
  const many = (count: number) => seq(...Array.from({ length: count }, () => int(1)));
  assert.equal(readDer(many(4_095)).children.length, 4_095);
  assert.throws(() => readDer(many(4_096)), isMalformed);
});

test('every single-byte change of a value is read or refused, never a crash', () => {
  const good = seq(
    int(1),
    oidDer('1.2.840.113549.1.1.11'),
    bits(new Uint8Array([1, 2, 3])),
    set(utf8('name'), bool(true)),
  );
  for (let index = 0; index < good.length; index++) {
    for (let value = 0; value < 256; value++) {
      const changed = Uint8Array.from(good);
      changed[index] = value;
      try {
        readDer(changed);
      } catch (error) {
        assert.ok(isMalformed(error), String(error));
      }
    }
  }
});
