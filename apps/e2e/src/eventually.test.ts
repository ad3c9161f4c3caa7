import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { during } from './continuous.ts';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  test('gives what the attempt gives in the end', async () => {
    const answers = [undefined, false, 'yes'] as const;
    let count = 0;
    assert.equal(await eventually('it', () => answers[count++], { everyMs: 1 }), 'yes');
  });

  test('an attempt that throws is one that has not succeeded yet', async () => {
    let count = 0;
    const attempt = (): boolean => {
      count += 1;
      if (count < 3) throw new Error('not yet');
      return true;
    };
    assert.equal(await eventually('it', attempt, { everyMs: 1 }), true);
  });

  test('says what was waited for and what went wrong last', async () => {
    const attempt = (): never => {
      throw new Error('still broken');
    };
    await assert.rejects(
      eventually('the thing', attempt, { timeoutMs: 5, everyMs: 1 }),
      /the thing: not within .*: still broken/,
    );
  });
});

describe('during', () => {
  test('counts attempts and failures for as long as the work takes', async () => {
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    let count = 0;
    const { attempts, failures } = await during(
      () => enough,
      async () => {
        count += 1;
        if (count === 5) resolve();
        if (count === 2) throw new Error('once');
      },
    );
    assert.ok(attempts >= 5);
    assert.equal(failures.length, 1);
    assert.match(failures[0] ?? '', /once$/);
  });

  test('ends the attempts when the work fails', async () => {
    await assert.rejects(
      during(
        () => Promise.reject(new Error('work')),
        () => Promise.resolve(),
      ),
      /work/,
    );
  });
});
