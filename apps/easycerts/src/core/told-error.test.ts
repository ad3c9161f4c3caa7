import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toldError } from './told-error.ts';

const line = JSON.stringify({ error: { code: 'INVALID_CONFIG', message: 'bad', details: { cure: 'mend it' } } });

test('the last error that was told is found among other lines', () => {
  const error = toldError(`wrote x\n${line}\n{"level":30}\nbye\n`);
  assert.equal(error?.code, 'INVALID_CONFIG');
  assert.equal(error?.message, 'bad');
  assert.equal(error?.details.cure, 'mend it');
});
for (const text of [
  '',
  'x',
  '{',
  '{"error":"x"}',
  '{"error":{"code":"NOPE","message":"x"}}',
  '{"error":{"code":"INTERNAL"}}',
])
  test(`${JSON.stringify(text)} tells no error`, () => assert.equal(toldError(text), undefined));
