import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoDuration } from './go-duration.ts';

test('durations are read as Go reads them', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['72h', 259_200_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['2m3.5s', 123_500],
    ['300ms', 300],
    ['1µs', 0.001],
    ['0', 0],
    ['+1s', 1_000],
  ];
  for (const [text, ms] of cases) assert.equal(parseGoDuration(text), ms, text);
});

test('other texts are no durations', () => {
  for (const text of ['', '72', 'h', '-1h', '1d', '1 h', '1h 2m', '72H', '1e3s', '9999999999999h', '1h;']) {
    assert.equal(parseGoDuration(text), undefined, text);
  }
});
