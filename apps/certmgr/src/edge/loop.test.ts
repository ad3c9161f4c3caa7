/** The loop of the daemon, and limited parallelism. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { advanceableClock } from '@easycerts/testing';
import { Loop } from './loop.ts';
import { mapLimited } from './map-limited.ts';

describe('mapLimited', () => {
  test('keeps the order and the limit', async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimited([...Array(20).keys()], 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return item * 2;
    });
    assert.deepEqual(
      results,
      [...Array(20).keys()].map((item) => item * 2),
    );
    assert.equal(most, 3);
  });

  test('does nothing with nothing, and throws what is thrown', async () => {
    assert.deepEqual(await mapLimited([], 3, async () => 1), []);
    await assert.rejects(
      mapLimited([1], 3, () => Promise.reject(new Error('boom'))),
      /boom/,
    );
  });
});

describe('Loop', () => {
  test('never makes two passes at once, and one more for what is asked meanwhile', async (t) => {
    const clock = advanceableClock();
    let running = 0;
    let passes = 0;
    const gate = Promise.withResolvers<void>();
    const loop = new Loop({
      clock,
      pass: async () => {
        assert.equal(running, 0);
        running += 1;
        passes += 1;
        if (passes === 1) await gate.promise;
        running -= 1;
        return clock.now().getTime() + 3_600_000;
      },
    });
    t.after(() => loop.close());
    const first = loop.lookNow();
    const [second, third] = [loop.lookNow(), loop.lookNow()];
    gate.resolve();
    await Promise.all([first, second, third]);
    assert.equal(running, 0);
    assert.ok(passes === 2 || passes === 3, `${passes} passes`);
  });

  test('looks again by itself when something is due, and soon after a hint', async (t) => {
    const passes: (() => void)[] = [];
    const [second, third] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const clock = { now: () => new Date() };
    let count = 0;
    const loop = new Loop({
      clock,
      pass: async () => {
        count += 1;
        passes[count]?.();
        return Date.now() + (count === 1 ? 5 : 3_600_000);
      },
    });
    passes[2] = () => second.resolve();
    passes[3] = () => third.resolve();
    t.after(() => loop.close());
    await loop.lookNow();
    await second.promise;
    loop.hint();
    loop.hint();
    await third.promise;
  });

  test('makes no pass after it was closed', async () => {
    let passes = 0;
    const loop = new Loop({ clock: advanceableClock(), pass: async () => ++passes });
    await loop.close();
    loop.hint();
    await loop.lookNow();
    assert.equal(passes, 0);
  });
});
