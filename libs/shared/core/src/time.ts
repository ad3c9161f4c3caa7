/** Time as an argument: clocks, durations and their words. */

/** Where the time comes from; production passes {@link systemClock} from the runtime library. */
export interface Clock {
  now(): Date;
}

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: secondMs, m: minuteMs, h: hourMs, d: dayMs };

/**
 * Milliseconds of a duration such as `90s`, `1h30m`, `720h` or `30d` (Go's syntax and `d`, without signs and fractions);
 * undefined when it is not one.
 */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  }
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
}

/** The shortest words for a duration, two units at most: `29d 4h`, `12m`, `3.2s`. */
export function formatDuration(durationMs: number): string {
  const absolute = Math.abs(durationMs);
  const sign = durationMs < 0 ? '-' : '';
  if (absolute < 10 * secondMs) return `${sign}${(absolute / secondMs).toFixed(1)}s`;
  const [major, minor] = pairOfUnits(absolute);
  return `${sign}${major}${minor === '' ? '' : ` ${minor}`}`;
}

function pairOfUnits(absolute: number): [string, string] {
  const seconds = Math.floor(absolute / secondMs);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return [`${days}d`, hours % 24 > 0 ? `${hours % 24}h` : ''];
  if (hours > 0) return [`${hours}h`, minutes % 60 > 0 ? `${minutes % 60}m` : ''];
  if (minutes > 0) return [`${minutes}m`, seconds % 60 > 0 ? `${seconds % 60}s` : ''];
  return [`${seconds}s`, ''];
}
