import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { temporaryDirectory } from '@easycerts/testing';
import { loadMasterSecret } from './master-secret.ts';

test('the secret is made once, for its owner alone, and stays', async (t) => {
  const { path, remove } = await temporaryDirectory();
  t.after(remove);
  const first = await loadMasterSecret(path, randomBytes);
  const again = await loadMasterSecret(path, randomBytes);
  assert.equal(first.equals(again), true);
  assert.equal(first.symmetricKeySize, 32);
  assert.equal((await stat(`${path}/cfssl.secret`)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(path), ['cfssl.secret']);
});

test('what a crash left is no secret', async (t) => {
  const { path, remove } = await temporaryDirectory();
  t.after(remove);
  await writeFile(`${path}/cfssl.secret.new`, 'half');
  assert.equal((await loadMasterSecret(path, randomBytes)).symmetricKeySize, 32);
});

test('a secret that is cut or that others may read is not used, and never replaced', async (t) => {
  const { path, remove } = await temporaryDirectory();
  t.after(remove);
  const file = `${path}/cfssl.secret`;
  await writeFile(file, 'short', { mode: 0o600 });
  await assert.rejects(loadMasterSecret(path, randomBytes), (error) => isAppError(error, 'DAMAGED'));
  await writeFile(file, randomBytes(32));
  await chmod(file, 0o640);
  await assert.rejects(loadMasterSecret(path, randomBytes), (error) => isAppError(error, 'FAILED_PRECONDITION'));
});
