/** How long to wait before a component that did not come up is tried again. */

const firstMs = 250;
const longestMs = 30_000;

/**
 * The wait after so many failures in a row: none after the first (a killed component comes back at once), then doubling from
 * a quarter of a second to half a minute, each between half of it and the whole by `jitter` (0 ≤ jitter < 1).
 */
export function retryDelayMs(failures: number, jitter: number): number {
  if (failures <= 1) return 0;
  // 2^7 is beyond the longest wait; larger exponents would only overflow.
  const wholeMs = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 2, 7));
  return Math.round(wholeMs / 2 + (wholeMs / 2) * jitter);
}

/** A component that was healthy for this long has forgotten its failures. */
export const stableAfterMs = 10_000;
