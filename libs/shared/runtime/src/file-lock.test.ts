/** The lock: one holder, never left behind. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { describe, type TestContext, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { withFileLock } from './file-lock.ts';
import { temporaryFolder } from './file-set/test-sets.ts';

/** Another process that holds the lock until it is killed. */
async function holderProcess(t: TestContext, path: string): Promise<ReturnType<typeof spawn>> {
  const script = `
    import { withFileLock } from ${JSON.stringify(import.meta.resolve('./file-lock.ts'))};
    await withFileLock(${JSON.stringify(path)}, { waitMs: 0 }, () => { console.log('held'); return new Promise(() => setInterval(() => 0, 1000)); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('withFileLock', () => {
  test('lets one in at a time', async (t) => {
    const path = `${await temporaryFolder(t)}/lock`;
    let inside = 0;
    const visits = Array.from({ length: 8 }, () =>
      withFileLock(path, { waitMs: 10_000 }, async () => {
        inside += 1;
        assert.equal(inside, 1);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      }),
    );
    await Promise.all(visits);
  });

  test('gives back what the work gives, and frees the lock when it throws', async (t) => {
    const path = `${await temporaryFolder(t)}/lock`;
    assert.equal(await withFileLock(path, { waitMs: 0 }, async () => 42), 42);
    await assert.rejects(
      withFileLock(path, { waitMs: 0 }, () => Promise.reject(new Error('boom'))),
      /boom/,
    );
    assert.equal(await withFileLock(path, { waitMs: 0 }, async () => 43), 43);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  test('is held against another process, which the error names, until that is killed', async (t) => {
    const path = `${await temporaryFolder(t)}/lock`;
    const child = await holderProcess(t, path);
    await assert.rejects(
      withFileLock(path, { waitMs: 0 }, async () => 1),
      (error) => {
        assert.ok(isAppError(error, 'UNAVAILABLE'));
        assert.ok(error.message.includes(`process ${child.pid}`), error.message);
        assert.ok(error.details.cure);
        return true;
      },
    );
    const waiting = withFileLock(path, { waitMs: 10_000 }, async () => 'mine');
    child.kill('SIGKILL');
    assert.equal(await waiting, 'mine');
  });

  test('stops waiting when told to', async (t) => {
    const path = `${await temporaryFolder(t)}/lock`;
    await withFileLock(path, { waitMs: 0 }, async () => {
      const waiting = withFileLock(path, { waitMs: 60_000, signal: AbortSignal.abort() }, async () => 1);
      await assert.rejects(waiting, (error) => isAppError(error, 'CANCELLED'));
    });
  });

  test('says what is wrong with the place of the lock', async (t) => {
    const folder = await temporaryFolder(t);
    await assert.rejects(
      withFileLock(`${folder}/no/lock`, { waitMs: 0 }, async () => 1),
      (error) => isAppError(error, 'NOT_FOUND'),
    );
  });
});
