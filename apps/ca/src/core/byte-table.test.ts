import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteTable } from './byte-table.ts';

const columnOf = (values: readonly string[]) => ({
  width: 2,
  bytes: new Uint8Array(Buffer.from(values.join(''), 'hex')),
});

test('a value is found where it is, another is not, the same one is added once', () => {
  const column = columnOf(['0000', '00ff', 'ff00', '00ff']);
  const table = new ByteTable();
  assert.deepEqual(
    [0, 1, 2, 3].map((at) => table.add(column, at)),
    [true, true, true, false],
  );
  assert.deepEqual(
    ['0000', '00ff', 'ff00', '0001'].map((value) => table.find(column, Buffer.from(value, 'hex'))),
    [0, 1, 2, undefined],
  );
});

test('every value of two octets has its place, through all enlargements', () => {
  const bytes = new Uint8Array(2 * 65_536);
  for (let value = 0; value < 65_536; value++) bytes.set([value >> 8, value & 0xff], 2 * value);
  const column = { width: 2, bytes };
  const table = new ByteTable();
  for (let at = 0; at < 65_536; at++) assert.equal(table.add(column, at), true);
  for (let at = 0; at < 65_536; at++) assert.equal(table.find(column, bytes.subarray(2 * at, 2 * at + 2)), at);
});
