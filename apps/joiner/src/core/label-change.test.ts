import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Labels, labelChange } from './label-change.ts';

const rows: readonly (readonly [string, Labels, Labels, ReturnType<typeof labelChange>])[] = [
  ['none', {}, {}, undefined],
  ['the same, in another order', { a: '1', b: '2' }, { b: '2', a: '1' }, undefined],
  ['a new one', { a: '1' }, { a: '1', b: '' }, { b: '' }],
  ['another value', { a: '1', b: '2' }, { a: '3', b: '2' }, { a: '3' }],
  ['one that is over', { a: '1', b: '2' }, { b: '2' }, { a: null }],
  ['one for another', { a: '1' }, { b: '1' }, { a: null, b: '1' }],
  ['a name that every object has', {}, { constructor: 'x' }, { constructor: 'x' }],
];
for (const [what, set, wanted, expected] of rows) {
  test(`labels: ${what}`, () => assert.deepEqual(labelChange(set, wanted), expected));
}
