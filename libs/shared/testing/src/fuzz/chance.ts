/** Numbers that look like chance and are the same each time: what a test or a fuzzer found can be found again. */

import { createHash } from 'node:crypto';

export interface Chance {
  /** A whole number from 0 on, below the limit. */
  below(limit: number): number;
  /** One of these. */
  oneOf<T>(values: readonly T[]): T;
  /** True once in so many times. */
  onceIn(times: number): boolean;
  /** So many octets. */
  bytes(length: number): Uint8Array;
}

/** The numbers of a seed (xoshiro128**, https://prng.di.unimi.it). */
export function chanceOf(seed: string): Chance {
  const start = createHash('sha256').update(seed).digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => start.readUInt32LE(at)) as [number, number, number, number];
  const next = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    oneOf(values) {
      if (values.length === 0) throw new Error('one of nothing was asked for');
      return values[below(values.length)] as (typeof values)[number];
    },
    onceIn: (times) => below(times) === 0,
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
  };
}
