import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gnuHash, gnuHashTable } from './gnu-hash-table.ts';

for (const [name, hash] of [
  ['', 0x00001505],
  ['printf', 0x156b2bb8],
  ['exit', 0x7c967e3f],
  ['syscall', 0xbac212a0],
  ['flapenguin.me', 0x8ae9f18e],
] as const) {
  test(`the hash of '${name}' is that of the format’s description`, () => assert.equal(gnuHash(name), hash));
}

/** As the loader does: filter, bucket, chain. */
function find(table: Buffer, name: string): number | undefined {
  const [buckets = 0, first = 0, words = 0, shift = 0] = [0, 4, 8, 12].map((at) => table.readUInt32LE(at));
  const hash = gnuHash(name);
  const word = table.readBigUInt64LE(16 + (Math.floor(hash / 64) % words) * 8);
  for (const bit of [hash % 64, (hash >>> shift) % 64]) if (((word >> BigInt(bit)) & 1n) === 0n) return undefined;
  const chain = 16 + words * 8 + buckets * 4;
  let index = table.readUInt32LE(16 + words * 8 + (hash % buckets) * 4);
  if (index === 0) return undefined;
  for (; ; index++) {
    const one = table.readUInt32LE(chain + (index - first) * 4);
    if ((one ^ hash) >>> 1 === 0) return index;
    if ((one & 1) === 1) return undefined;
  }
}

test('each name is found at its index, and no other', () => {
  const names = ['stdout', 'stderr', '_ZSt4cout', 'environ', '__environ'];
  const table = gnuHashTable(names, 700);
  assert.deepEqual(
    names.map((name) => find(table, name)),
    [700, 701, 702, 703, 704],
  );
  for (const name of ['stdin', 'malloc', '']) assert.equal(find(table, name), undefined, name);
});

test('an empty table has nothing', () => assert.equal(find(gnuHashTable([], 3), 'stdout'), undefined));
