import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { ia5, oidDer, printable, seq, set, tlv, utf8 } from '../testing/der-writer.ts';
import { nameDer } from '../testing/hostile-csr.ts';
import { readDer } from './der.ts';
import { formatSubject, readName, subjectsEqual } from './distinguished-name.ts';

const cn = '2.5.4.3';
const o = '2.5.4.10';
const ou = '2.5.4.11';
const read = (der: Uint8Array) => readName(readDer(der), 'test');

test('common name and organizations are read from every accepted string type', () => {
  const { subject, otherAttributes } = read(nameDer([o, printable('a')], [o, ia5('b')], [cn, utf8('ümlaut')]));
  assert.deepEqual(subject, { commonName: 'ümlaut', organizations: ['a', 'b'] });
  assert.deepEqual(otherAttributes, []);
});

test('several organizations in one relative name are read', () => {
  const value = (text: string) => seq(oidDer(o), utf8(text));
  assert.deepEqual(read(seq(set(value('a'), value('b')))).subject, { commonName: '', organizations: ['a', 'b'] });
});

test('an empty name has no common name', () => {
  assert.deepEqual(read(seq()), { subject: { commonName: '', organizations: [] }, otherAttributes: [] });
});

test('other attributes, a second common name and odd string types are reported, not dropped', () => {
  const bmp = tlv(0x1e, Buffer.from([0, 0x61]));
  const found = read(
    nameDer([ou, utf8('x')], [cn, utf8('one')], [cn, utf8('two')], [o, bmp], ['2.5.4.5', printable('1')]),
  );
  assert.deepEqual(found.subject, { commonName: 'one', organizations: [] });
  assert.deepEqual(found.otherAttributes, [ou, cn, o, '2.5.4.5']);
});

const refused: Readonly<Record<string, Uint8Array>> = {
  'a NUL in a name': nameDer([cn, utf8('admin\0.example')]),
  'a line end in a name': nameDer([cn, utf8('a\nb')]),
  'a delete character': nameDer([cn, printable('a\x7f')]),
  'a C1 control character': nameDer([cn, utf8('a\u0085b')]),
  'UTF-8 that is none': nameDer([cn, tlv(0x0c, Buffer.from([0xc3, 0x28]))]),
  'an overlong UTF-8 NUL': nameDer([cn, tlv(0x0c, Buffer.from([0xc0, 0x80]))]),
  'letters outside the string type': nameDer([cn, printable('\xe9')]),
  'an empty value': nameDer([cn, utf8('')]),
  'a value of 254 characters': nameDer([cn, utf8('a'.repeat(254))]),
  'an empty relative name': seq(set()),
  'an attribute without value': seq(set(seq(oidDer(cn)))),
  'an attribute with two values': seq(set(seq(oidDer(cn), utf8('a'), utf8('b')))),
  'a relative name that is a sequence': seq(seq(seq(oidDer(cn), utf8('a')))),
  'a type that is no object identifier': seq(set(seq(utf8('CN'), utf8('a')))),
};

for (const [name, der] of Object.entries(refused)) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => read(der),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  });
}

test('a subject is written as RFC 4514 writes it', () => {
  assert.equal(formatSubject({ commonName: 'n1', organizations: ['easycerts:nodes'] }), 'CN=n1,O=easycerts:nodes');
  assert.equal(formatSubject({ commonName: 'a,O=b', organizations: [' c', '#d '] }), 'CN=a\\,O\\=b,O=\\ c,O=\\#d\\ ');
  assert.equal(formatSubject({ commonName: '', organizations: [] }), '');
});

test('organizations are a set, the common name is exact', () => {
  const subject = { commonName: 'a', organizations: ['x', 'y'] };
  assert.ok(subjectsEqual(subject, { commonName: 'a', organizations: ['y', 'x'] }));
  assert.ok(!subjectsEqual(subject, { commonName: 'A', organizations: ['x', 'y'] }));
  assert.ok(!subjectsEqual(subject, { commonName: 'a', organizations: ['x'] }));
  assert.ok(!subjectsEqual(subject, { commonName: 'a', organizations: ['x', 'x'] }));
  assert.ok(!subjectsEqual(subject, { commonName: 'a', organizations: ['x', 'system:masters'] }));
});
