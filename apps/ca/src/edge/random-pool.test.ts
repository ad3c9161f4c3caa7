import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createRandomPool } from './random-pool.ts';

test('every byte is given out once, in pieces of any size', () => {
  const given: Uint8Array[] = [];
  const take = createRandomPool((size) => {
    // Uint8Array.from: the pool wipes what it was given.
    const bytes = randomBytes(size);
    given.push(Uint8Array.from(bytes));
    return bytes;
  });
  const sizes = Array.from({ length: 2_000 }, (_, index) => (index * 7) % 40);
  const taken = sizes.map((size) => take(size));
  assert.deepEqual(
    taken.map(({ length }) => length),
    sizes,
  );
  const all = Buffer.concat(given);
  let from = 0;
  for (const piece of taken) {
    const found = all.indexOf(piece, from);
    assert.ok(found >= from, 'after the pieces before it');
    from = found + piece.length;
  }
});

test('what was given out is not in the stock any more', () => {
  const stock = randomBytes(4_096);
  const take = createRandomPool(() => stock);
  const taken = take(16);
  assert.deepEqual(stock.subarray(0, 16), Buffer.alloc(16));
  assert.notDeepEqual(Buffer.from(taken), Buffer.alloc(16));
});

test('more than the stock comes from where the stock comes from', () => {
  const sizes: number[] = [];
  const take = createRandomPool((size) => {
    sizes.push(size);
    return randomBytes(size);
  });
  assert.equal(take(5_000).length, 5_000);
  assert.equal(take(32).length, 32);
  assert.deepEqual(sizes, [5_000, 4_096]);
});
