import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { takeLock } from './lock.ts';
import { temporaryFolder } from './testing.ts';

test('the second waits until the first is done', async (t) => {
  const folder = await temporaryFolder(t);
  const order: string[] = [];
  const first = await takeLock(folder);
  const waiting = Promise.withResolvers<void>();
  const second = takeLock(folder, { onWait: waiting.resolve }).then(async (lock) => {
    order.push('second');
    await lock.release();
  });
  await waiting.promise;
  order.push('first');
  await first.release();
  await second;
  assert.deepEqual(order, ['first', 'second']);
});

test('locks of different folders do not meet', async (t) => {
  const [a, b] = [await takeLock(await temporaryFolder(t)), await takeLock(await temporaryFolder(t))];
  await a.release();
  await b.release();
});

test('waiting can be cancelled, also before it began', async (t) => {
  const folder = await temporaryFolder(t);
  const holder = await takeLock(folder);
  const ending = new AbortController();
  const waiting = takeLock(folder, { signal: ending.signal, onWait: () => setImmediate(() => ending.abort()) });
  await assert.rejects(waiting, { code: 'CANCELLED' });
  await assert.rejects(takeLock(folder, { signal: AbortSignal.abort() }), { code: 'CANCELLED' });
  await holder.release();
});

test('a killed holder frees the lock', async (t) => {
  const folder = await temporaryFolder(t);
  const holder = await holderProcess(t, folder);
  const waiting = Promise.withResolvers<void>();
  const lock = takeLock(folder, { onWait: waiting.resolve });
  await waiting.promise;
  holder.kill('SIGKILL');
  await (await lock).release();
});

async function holderProcess(t: TestContext, folder: string): Promise<ReturnType<typeof spawn>> {
  const program = `
    import { takeLock } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)};
    await takeLock(${JSON.stringify(folder)});
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => holder.kill('SIGKILL'));
  assert.ok(holder.stdout);
  await once(holder.stdout, 'data');
  return holder;
}
