import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chanceOf } from './chance.ts';

test('a seed gives the same numbers each time, another one others', () => {
  const of = (seed: string) =>
    Array.from(
      { length: 20 },
      (
        (chance) => () =>
          chance.below(1_000_000)
      )(chanceOf(seed)),
    );
  assert.deepEqual(of('one'), of('one'));
  assert.notDeepEqual(of('one'), of('two'));
});

test('every number below the limit comes, about as often as the others', () => {
  const chance = chanceOf('even');
  const counts = Array.from({ length: 10 }, () => 0);
  for (let round = 0; round < 10_000; round++) {
    const at = chance.below(10);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  assert.equal(counts.length, 10);
  for (const count of counts) assert.ok(count > 850 && count < 1_150, counts.join());
});

test('once in so many times is that, and octets are octets', () => {
  const chance = chanceOf('often');
  const hits = Array.from({ length: 8_000 }, () => chance.onceIn(8)).filter(Boolean).length;
  assert.ok(hits > 850 && hits < 1_150, `${hits}`);
  assert.equal(new Set(chance.bytes(10_000)).size, 256);
  assert.throws(() => chance.oneOf([]));
});
