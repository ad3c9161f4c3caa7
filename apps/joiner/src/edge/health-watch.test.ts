import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { systemClock } from '@easycerts/runtime';
import type { Health } from './health-check.ts';
import { HealthWatch } from './health-watch.ts';

const well: Health = { isHealthy: true };
const ill: Health = { isHealthy: false, detail: 'no' };
let watch: HealthWatch | undefined;
afterEach(() => watch?.pause());

interface Harness {
  readonly watch: HealthWatch;
  /** Answers the check that waits, or the next one. */
  answer(health: Health): Promise<void>;
  readonly changes: boolean[];
}

/** A watch whose checks are answered by hand. */
function harness(): Harness {
  const changes: boolean[] = [];
  let waiting = Promise.withResolvers<(health: Health) => void>();
  const made = new HealthWatch({
    clock: systemClock,
    check: () => new Promise((resolve) => waiting.resolve(resolve)),
    onChange: () => changes.push(made.isHealthy),
  });
  watch = made;
  return {
    watch: made,
    changes,
    async answer(health) {
      const resolve = await waiting.promise;
      waiting = Promise.withResolvers();
      resolve(health);
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

describe('HealthWatch', () => {
  it('is not healthy before it has looked', () => {
    const { watch: made } = harness();
    assert.deepEqual([made.isHealthy, made.detail], [false, 'not running']);
    made.begin();
    assert.deepEqual([made.isHealthy, made.detail], [false, 'not checked yet']);
  });

  it('looks again until the component is healthy, and tells once', async () => {
    const { answer, changes, watch: made } = harness();
    made.begin();
    await answer(ill);
    assert.equal(made.detail, 'no');
    await answer(ill);
    await answer(well);
    assert.deepEqual([made.isHealthy, made.detail, changes], [true, undefined, [true]]);
  });

  it('tolerates two failures in a row of a healthy component, not three', async () => {
    const { answer, changes, watch: made } = harness();
    made.watchClosely(true);
    made.begin();
    for (const health of [well, ill, ill]) await answer(health);
    assert.equal(made.isHealthy, true);
    await answer(ill);
    assert.deepEqual([made.isHealthy, changes], [false, [true, false]]);
  });

  it('forgets an answer about the component before something was done to it', async () => {
    const { answer, watch: made } = harness();
    made.begin();
    made.begin();
    await answer(well);
    assert.equal(made.isHealthy, false);
  });

  it('looks no more when paused', async () => {
    const { answer, changes, watch: made } = harness();
    made.begin();
    await answer(well);
    const { sinceMs } = made;
    made.pause();
    assert.deepEqual([made.isHealthy, made.detail, changes], [false, 'not running', [true]]);
    assert.ok(made.sinceMs >= sinceMs);
  });
});
