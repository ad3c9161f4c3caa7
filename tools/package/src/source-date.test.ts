import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEpoch, sourceDateS } from './source-date.ts';

test('SOURCE_DATE_EPOCH counts when it is set', async () => {
  assert.equal(await sourceDateS({ SOURCE_DATE_EPOCH: '1577880000' }), 1_577_880_000);
});

test('else it is the time of the last commit', async () => {
  const { PATH, HOME } = process.env;
  assert.ok((await sourceDateS({ PATH, HOME, SOURCE_DATE_EPOCH: '' })) > 1_577_880_000);
});

test('what is no number of seconds is refused', () => {
  for (const text of ['', '1.5', '-1', 'now', '1e9']) assert.throws(() => parseEpoch(text), { code: 'INVALID_INPUT' });
});
