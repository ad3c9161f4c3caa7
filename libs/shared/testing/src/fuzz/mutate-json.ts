/** Mutations of JSON that keep it JSON. */

import type { Chance } from './chance.ts';
import { type MutationMaterial, mutateBytes } from './mutate-bytes.ts';

const names = ['__proto__', 'constructor', 'toString', 'length', '', 'a\u0000b', '0'];
const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  '',
  'x'.repeat(300),
  '\u0000\u001b[2J',
  '\ud800',
  '../../etc/passwd',
  [],
  {},
  [[[[]]]],
  { __proto__: null, a: 1 },
];

/** One change to one value or key; to the bytes when they are no JSON. */
export function mutateJson(input: Uint8Array, chance: Chance, material: MutationMaterial): Uint8Array {
  const root = chance.onceIn(8) ? undefined : parse(input);
  if (root === undefined) return mutateBytes(input, chance, material);
  const holder = [root.value];
  const places = placesOf(holder);
  const { container, key } = chance.oneOf(places);
  const slots = container as Record<string | number, unknown>;
  switch (chance.below(7)) {
    case 0:
      slots[key] = chance.oneOf(values);
      break;
    case 1:
      if (container !== holder) remove(container, key);
      break;
    case 2:
      define(container, chance.onceIn(2) ? chance.oneOf(names) : String(key), chance.oneOf(values), chance);
      break;
    case 3:
      // A copy: what stands in itself would have no end.
      slots[key] = structuredClone(chance.oneOf(places.map((place) => (place.container as typeof slots)[place.key])));
      break;
    case 4:
      slots[key] = Array.from({ length: chance.oneOf([1, 3, 100]) }, () => slots[key]);
      break;
    default:
      slots[key] = changedText(slots[key], chance, material);
  }
  return write(holder[0]);
}

function parse(input: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(Buffer.from(input).toString('utf8')) };
  } catch {
    return undefined;
  }
}

type Container = unknown[] | Record<string, unknown>;

function placesOf(holder: unknown[]): readonly { readonly container: Container; readonly key: string | number }[] {
  const places: { container: Container; key: string | number }[] = [{ container: holder, key: 0 }];
  for (const { container, key } of places) {
    const value = (container as Record<string | number, unknown>)[key];
    if (typeof value !== 'object' || value === null || places.length > 500) continue;
    for (const name of Object.keys(value)) places.push({ container: value as Container, key: name });
  }
  return places;
}

function remove(container: Container, key: string | number): void {
  if (Array.isArray(container)) container.splice(Number(key), 1);
  else delete container[key];
}

/** A key more; `__proto__` as a key of its own, as JSON.parse makes it. */
function define(container: Container, name: string, value: unknown, chance: Chance): void {
  if (Array.isArray(container)) container.splice(chance.below(container.length + 1), 0, value);
  else Object.defineProperty(container, name, { value, enumerable: true, configurable: true, writable: true });
}

function changedText(value: unknown, chance: Chance, material: MutationMaterial): unknown {
  if (typeof value === 'number') return value + chance.oneOf([1, -1, 0.5, 1e15, -1e15]);
  if (typeof value !== 'string') return chance.oneOf(values);
  return Buffer.from(mutateBytes(Buffer.from(value), chance, material)).toString(chance.onceIn(2) ? 'utf8' : 'latin1');
}

/** What repeats itself too often becomes too large to write. */
function write(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value) ?? 'null');
}
