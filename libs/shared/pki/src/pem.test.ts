import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { decodePem, encodePem } from './pem.ts';

const der = new Uint8Array([1, 2, 3, 4]);
const pem = encodePem('CERTIFICATE', der);

test('what is encoded is decoded, whatever its length', () => {
  for (let length = 1; length < 200; length++) {
    const bytes = new Uint8Array(randomBytes(length));
    const text = encodePem('PRIVATE KEY', bytes);
    assert.ok(text.split('\n').every((line) => line.length <= 64));
    assert.deepEqual(decodePem(text), [{ label: 'PRIVATE KEY', der: bytes }]);
  }
});

test('several blocks keep their order, and text around them is ignored', () => {
  const text = `# comment\n${encodePem('B', der)}subject=CN = x\n${pem}\n`;
  assert.deepEqual(
    decodePem(text).map((block) => block.label),
    ['B', 'CERTIFICATE'],
  );
});

test('line ends of Windows are accepted', () => {
  assert.deepEqual(decodePem(pem.replaceAll('\n', '\r\n')), [{ label: 'CERTIFICATE', der }]);
});

const refused: Readonly<Record<string, string>> = {
  'an empty text': '',
  'no block': 'hello\n',
  'a block without end': pem.replace(/-----END.*\n/, ''),
  'an end without begin': pem.replace(/-----BEGIN.*\n/, ''),
  'an end of another label': pem.replace('END CERTIFICATE', 'END PRIVATE KEY'),
  'a begin inside a block': pem.replace('AQIDBA', '-----BEGIN CERTIFICATE-----\nAQIDBA'),
  'an empty block': '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n',
  'headers of an encrypted key': pem.replace('AQID', 'Proc-Type: 4,ENCRYPTED\n\nAQID'),
  'a character that is not base64': pem.replace('AQID', 'AQ!D'),
  'missing padding': pem.replace('==', ''),
  'padding in the middle': pem.replace('AQID', 'AQ==AQID'),
  'bits after the end': pem.replace('BA==', 'BB=='),
  'a NUL': pem.replace('AQID', 'AQ\0D'),
  'more than 1 MiB': pem + 'x'.repeat(1_048_576),
};

for (const [name, text] of Object.entries(refused)) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => decodePem(text),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  });
}

test('every cut of a text is refused, or reads the same', () => {
  for (let length = 0; length < pem.length; length++) {
    try {
      assert.deepEqual(decodePem(pem.slice(0, length)), [{ label: 'CERTIFICATE', der }]);
    } catch (error) {
      assert.ok(isAppError(error, 'INVALID_INPUT'), String(error));
    }
  }
});
