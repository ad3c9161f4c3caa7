import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { collect } from '@easycerts/testing';
import { inParallel } from './in-parallel.ts';

async function* numbers(count: number, onEnd: () => void = () => undefined): AsyncGenerator<number, void> {
  try {
    for (let at = 0; at < count; at++) yield at;
  } finally {
    onEnd();
  }
}

describe('inParallel', () => {
  it('gives every result once, whatever takes longer', async () => {
    const results = await collect(
      inParallel(numbers(50), 8, async (item) => {
        await pause(item % 3);
        return item;
      }),
    );
    assert.notDeepEqual(
      results,
      [...results].sort((one, other) => one - other),
    );
    assert.deepEqual(new Set(results), new Set(Array(50).keys()));
    assert.equal(results.length, 50);
    assert.deepEqual(await collect(inParallel(numbers(0), 8, async () => 1)), []);
  });

  it('has no more under way than it may, and reads on only as results are taken', async () => {
    let [started, underWay, most] = [0, 0, 0];
    const results = inParallel(numbers(100), 4, async () => {
      started += 1;
      underWay += 1;
      most = Math.max(most, underWay);
      await pause(1);
      underWay -= 1;
    });
    await results.next();
    await pause(30);
    assert.ok(started <= 5, `${started} started for one result`);
    for await (const _ of results) assert.ok(most <= 4);
    assert.equal(started, 100);
  });

  it('ends with the first failure, of an item or of the sequence, and lets go of the sequence', async () => {
    let isReleased = false;
    const failing = inParallel(
      numbers(10, () => (isReleased = true)),
      2,
      async (item) => {
        if (item === 3) throw new RangeError('three');
      },
    );
    await assert.rejects(collect(failing), RangeError);
    assert.ok(isReleased);
    async function* broken(): AsyncGenerator<number, void> {
      yield 1;
      throw new TypeError('the sequence');
    }
    await assert.rejects(collect(inParallel(broken(), 2, async () => 0)), TypeError);
  });

  it('tells a failure at once, though the next item is not there', async () => {
    async function* waiting(): AsyncGenerator<number, void> {
      yield 1;
      await new Promise(() => undefined);
    }
    const failing = inParallel(waiting(), 4, async () => {
      throw new RangeError('one');
    });
    await assert.rejects(collect(failing), RangeError);
  });

  it('lets go of the sequence when its caller has enough', async () => {
    let isReleased = false;
    for await (const item of inParallel(
      numbers(1_000, () => (isReleased = true)),
      2,
      async (item) => item,
    )) {
      if (item === 3) break;
    }
    assert.ok(isReleased);
  });
});
