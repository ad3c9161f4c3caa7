/** What the fuzzer is told about something that reads bytes from outside. */

/** How an input is built, so that mutations get past the first check. */
export type InputFormat = 'der' | 'pem' | 'json' | 'text';

export interface FuzzTarget {
  /** Its folder in vectors/fuzz and the name of its test file: `csr` is csr.fuzz.test.ts. */
  readonly name: string;
  readonly format: InputFormat;
  /** Good inputs, from which the first mutations are made. */
  readonly seeds: readonly (Uint8Array | string)[];
  /** Pieces of text that mean something to the reader. */
  readonly words?: readonly string[];
  /** Codes of AppError with which an input may be refused. */
  readonly refusals: readonly string[];
  /** For a reader whose refusals are errors of its own. */
  readonly isRefusal?: (error: unknown) => error is Error;
  /**
   * Reads one input; throws AppError when it refuses it. Any other error is a defect: it is here that properties of what was read
   * are asserted. Returns false for
   * an input that was read and found wanting without an error.
   */
  readonly read: (input: Uint8Array) => unknown;
  /** A second opinion on inputs that were accepted, asked once for some hundred of them. Throws for a disagreement. */
  readonly agree?: (accepted: readonly Uint8Array[]) => Promise<void>;
  readonly limits?: Partial<FuzzLimits>;
}

/** What one input may cost, of which the larger it is the more. */
export interface FuzzLimits {
  /** Of the processor. */
  readonly timeMs: number;
  readonly timeMsPerKiB: number;
  /** After so long a batch of inputs does not end. */
  readonly hangMs: number;
  readonly allocatedBytes: number;
  readonly allocatedBytesPerByte: number;
  /** A refusal that is longer repeats what it was given. */
  readonly messageLength: number;
}

export const usualLimits: FuzzLimits = {
  timeMs: 20,
  timeMsPerKiB: 4,
  hangMs: 30_000,
  allocatedBytes: 2 * 1_024 * 1_024,
  allocatedBytesPerByte: 2_000,
  messageLength: 4_000,
};
