import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runWithLines } from './run-with-lines.ts';

const env = { PATH: '/usr/bin:/bin' };

test('lines are heard from both outputs, and the exit code is given', async () => {
  const lines: string[] = [];
  const code = await runWithLines(['sh', '-c', 'echo a; echo b >&2; printf c; exit 3'], {
    env,
    onLine: (line) => lines.push(line),
  });
  assert.equal(code, 3);
  assert.deepEqual(lines.sort(), ['a', 'b', 'c']);
});

test('it ends with its signal, also with one that came before', async () => {
  const ending = new AbortController();
  const onLine = (): void => ending.abort();
  const endless = runWithLines(['sh', '-c', 'echo; exec sleep 60'], { env, signal: ending.signal, onLine });
  await assert.rejects(endless, { code: 'CANCELLED' });
  await assert.rejects(runWithLines(['true'], { env, signal: AbortSignal.abort(), onLine }), { code: 'CANCELLED' });
});

test('a program that is not there is told', async () => {
  await assert.rejects(runWithLines(['no-such-program'], { env, onLine: () => {} }), { code: 'NOT_FOUND' });
});
