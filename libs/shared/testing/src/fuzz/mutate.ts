/** The mutations of each format. */

import type { Chance } from './chance.ts';
import type { InputFormat } from './fuzz-target.ts';
import { type MutationMaterial, mutateBytes } from './mutate-bytes.ts';
import { mutateDer } from './mutate-der.ts';
import { mutateJson } from './mutate-json.ts';
import { mutatePem } from './mutate-pem.ts';

/** No reader of ours looks at more than a megabyte; the fuzzer stays where it is fast. */
const maxLength = 64 * 1_024;

const mutators = { der: mutateDer, json: mutateJson, pem: mutatePem, text: mutateBytes } as const;

/** An input, changed once or a few times. */
export function mutate(format: InputFormat, input: Uint8Array, chance: Chance, material: MutationMaterial): Uint8Array {
  let made = input;
  for (let times = chance.oneOf([1, 1, 1, 2, 4, 8]); times > 0; times--)
    made = mutators[format](made, chance, material);
  return made.length > maxLength ? made.subarray(0, maxLength) : made;
}
