import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayMs, formatDuration, hourMs, minuteMs, parseDurationMs, secondMs } from './time.ts';

test('durations are read as Go writes them, and in days', () => {
  const rows: [string, number | undefined][] = [
    ['90s', 90 * secondMs],
    ['1h30m', 90 * minuteMs],
    ['720h', 30 * dayMs],
    ['30d', 30 * dayMs],
    ['250ms', 250],
    ['0s', 0],
    ['', undefined],
    ['5', undefined],
    ['-5s', undefined],
    ['1.5h', undefined],
    ['5 s', undefined],
    ['5w', undefined],
    ['99999999999999999d', undefined],
  ];
  for (const [text, expected] of rows) assert.equal(parseDurationMs(text), expected, text);
});

test('durations are shown in two units at most', () => {
  const rows: [number, string][] = [
    [3_210, '3.2s'],
    [59 * secondMs, '59s'],
    [12 * minuteMs, '12m'],
    [12 * minuteMs + 5 * secondMs, '12m 5s'],
    [29 * dayMs + 4 * hourMs + minuteMs, '29d 4h'],
    [2 * dayMs, '2d'],
    [hourMs + minuteMs, '1h 1m'],
    [-5 * minuteMs, '-5m'],
  ];
  for (const [durationMs, text] of rows) assert.equal(formatDuration(durationMs), text);
});
