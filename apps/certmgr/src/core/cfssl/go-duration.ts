/** Durations as Go's time.ParseDuration reads them: `72h`, `1h30m`, `1.5h`, `0`. */

import { hourMs, minuteMs, secondMs } from '@easycerts/core';

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: secondMs,
  m: minuteMs,
  h: hourMs,
};
/** Go's int64 nanoseconds end after 292 years. */
const longestMs = 2 ** 63 / 1e6;

/** Milliseconds; undefined for a text that is no duration, or one below zero. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^\+?((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g);
  const sumMs = [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (unitMs[unit] ?? 0), 0);
  return sumMs < longestMs ? sumMs : undefined;
}
