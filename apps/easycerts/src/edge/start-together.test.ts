import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunningService } from '@easycerts/runtime';
import { startTogether } from './start-together.ts';

/** Services that write down what happens to them. */
function recorder() {
  const told: string[] = [];
  const service = (name: string): RunningService => ({
    close: async () => {
      await Promise.resolve();
      told.push(`${name} closed`);
    },
  });
  return { told, start: (name: string) => async () => service(name) };
}

test('all services live until all are closed', async () => {
  const { told, start } = recorder();
  const running = await startTogether([start('a'), start('b')]);
  assert.deepEqual(told, []);
  await running.close();
  assert.deepEqual(told, ['a closed', 'b closed']);
});

test('when one cannot start, those that have started are closed, and its error is told', async () => {
  const { told, start } = recorder();
  const late = Promise.withResolvers<void>();
  const slow = async (): Promise<RunningService> => {
    await late.promise;
    return start('slow')();
  };
  const failing = async (): Promise<never> => {
    late.resolve();
    throw new Error('no');
  };
  await assert.rejects(startTogether([slow, failing, start('c')]), /^Error: no$/);
  assert.deepEqual(told.sort(), ['c closed', 'slow closed']);
});

test('none waits for another', async () => {
  const first = Promise.withResolvers<void>();
  const { start } = recorder();
  await startTogether([
    async () => {
      await first.promise;
      return start('a')();
    },
    async () => {
      first.resolve();
      return start('b')();
    },
  ]);
});
