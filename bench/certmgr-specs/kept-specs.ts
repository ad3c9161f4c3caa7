/** What `keep-specs.ts` prints: seconds of processor, mebibytes. */
export interface KeptSpecs {
  /** The first pass, and the look that was asked for while it ran. */
  readonly firstTwoS: number;
  readonly laterS: readonly number[];
  readonly idleS: number;
  readonly idleForS: number;
  readonly rssMiB: number;
  /** The most at any time. */
  readonly peakMiB: number;
  readonly timers: number;
}
