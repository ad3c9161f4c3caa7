/** Mutations that know nothing of what the bytes are. */

import type { Chance } from './chance.ts';

/** Octets that readers stumble over: ends of ranges, NUL, controls, the first octet of UTF-8 and DER. */
const odd = [
  0x00, 0x01, 0x0a, 0x0d, 0x1f, 0x20, 0x22, 0x2c, 0x2e, 0x30, 0x5c, 0x7b, 0x7f, 0x80, 0x81, 0xa0, 0xc2, 0xff,
];

export interface MutationMaterial {
  /** Other inputs, to take pieces of. */
  readonly others: readonly Uint8Array[];
  readonly words: readonly string[];
}

/** One small change. */
export function mutateBytes(input: Uint8Array, chance: Chance, material: MutationMaterial): Uint8Array {
  const at = chance.below(input.length + 1);
  const length = chance.below(Math.min(input.length - at, chance.oneOf([1, 2, 8, 64, 1_024])) + 1);
  switch (chance.below(9)) {
    case 0:
      return changed(input, at, (octet) => octet ^ (1 << chance.below(8)));
    case 1:
      return changed(input, at, () => chance.oneOf(odd));
    case 2:
      return changed(input, at, (octet) => octet + (chance.onceIn(2) ? 1 : -1));
    case 3:
      return spliced(input, at, length, []);
    case 4:
      return spliced(input, at, 0, input.subarray(at, at + length));
    case 5:
      return spliced(input, at, 0, chance.bytes(1 + chance.below(8)));
    case 6:
      return spliced(input, at, chance.onceIn(2) ? length : 0, wordOf(chance, material.words));
    case 7:
      return crossed(input, at, chance, material.others);
    default:
      // A long run of the same: what takes the square of the length shows here.
      return spliced(input, at, 0, new Uint8Array(chance.below(2_000)).fill(input[at] ?? chance.oneOf(odd)));
  }
}

function changed(input: Uint8Array, at: number, change: (octet: number) => number): Uint8Array {
  const copy = Uint8Array.from(input);
  if (at < copy.length) copy[at] = change(copy[at] ?? 0);
  return copy;
}

/** `input` with `length` octets at a place replaced. */
export function spliced(input: Uint8Array, at: number, length: number, replacement: ArrayLike<number>): Uint8Array {
  const made = new Uint8Array(input.length - length + replacement.length);
  made.set(input.subarray(0, at));
  made.set(replacement, at);
  made.set(input.subarray(at + length), at + replacement.length);
  return made;
}

function wordOf(chance: Chance, words: readonly string[]): Uint8Array {
  return words.length === 0 ? chance.bytes(2) : new TextEncoder().encode(chance.oneOf(words));
}

/** The head of one and the tail of another. */
function crossed(input: Uint8Array, at: number, chance: Chance, others: readonly Uint8Array[]): Uint8Array {
  const other = others.length === 0 ? input : chance.oneOf(others);
  return spliced(input, at, input.length - at, other.subarray(chance.below(other.length + 1)));
}
