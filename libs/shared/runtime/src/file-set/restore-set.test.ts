/** Roll-backs: what is restored, and when nothing is. */

import assert from 'node:assert/strict';
import { rm, stat, writeFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import { type ErrorCode, isAppError } from '@easycerts/core';
import { deliverSet } from '../atomic-file-set.ts';
import { readSet } from './read-set.ts';
import { restorePreviousSet } from './restore-set.ts';
import { breakingFileSystem, entriesOf, makeTestSets, noUsers, type TestSet, temporaryFolder } from './test-sets.ts';

let sets: Record<'a1' | 'b2' | 'c3', TestSet>;
before(async () => {
  sets = await makeTestSets('a1', 'b2', 'c3');
});

const deliver = (directory: string, files: TestSet): Promise<unknown> =>
  deliverSet({ directory, files, owner: 'root', group: 'root', keyMode: 0o640, users: noUsers });
const withCode = (code: ErrorCode) => (error: unknown) => isAppError(error, code);

describe('restorePreviousSet', () => {
  test('puts the set before back, with its modes, and tells both serial numbers', async (t) => {
    const parent = await temporaryFolder(t);
    const directory = `${parent}/kubelet`;
    await deliver(directory, sets.a1);
    await deliver(directory, sets.b2);
    assert.deepEqual(await restorePreviousSet(directory), { serial: 'a1', previousSerial: 'b2' });
    const restored = await readSet(directory);
    assert.equal(restored.key.toString(), sets.a1.key);
    assert.equal((await stat(`${directory}/tls.key`)).mode & 0o777, 0o640);
    assert.equal((await entriesOf(parent)).length, 1, 'the set that was put away is gone');
  });

  test('refuses to restore twice: the second time would bring nothing back', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    await deliver(directory, sets.a1);
    await deliver(directory, sets.b2);
    await restorePreviousSet(directory);
    await assert.rejects(restorePreviousSet(directory), withCode('FAILED_PRECONDITION'));
    assert.equal((await readSet(directory)).serial, 'a1');
  });

  test('restores again after the next delivery', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    await deliver(directory, sets.a1);
    await deliver(directory, sets.b2);
    await restorePreviousSet(directory);
    await deliver(directory, sets.c3);
    assert.deepEqual(await restorePreviousSet(directory), { serial: 'a1', previousSerial: 'c3' });
  });

  test('says so when nothing was kept', async (t) => {
    const parent = await temporaryFolder(t);
    await deliver(`${parent}/kubelet`, sets.a1);
    await assert.rejects(restorePreviousSet(`${parent}/kubelet`), withCode('NOT_FOUND'));
    await assert.rejects(restorePreviousSet(`${parent}/never`), withCode('NOT_FOUND'));
    assert.equal((await readSet(`${parent}/kubelet`)).serial, 'a1');
  });

  test('leaves a set alone that was delivered after the one to put away', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    await deliver(directory, sets.a1);
    await deliver(directory, sets.b2);
    await deliver(directory, sets.c3);
    await assert.rejects(restorePreviousSet(directory, { onlyIfSerial: 'b2' }), withCode('CONFLICT'));
    assert.equal((await readSet(directory)).serial, 'c3');
    assert.equal((await restorePreviousSet(directory, { onlyIfSerial: 'c3' })).serial, 'b2');
  });

  test('restores over a set that has lost a file', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    await deliver(directory, sets.a1);
    await deliver(directory, sets.b2);
    await rm(`${directory}/tls.key`);
    await assert.rejects(restorePreviousSet(directory, { onlyIfSerial: 'b2' }), withCode('CONFLICT'));
    assert.deepEqual(await restorePreviousSet(directory), { serial: 'a1', previousSerial: '' });
  });

  test('never restores a copy that was tampered with', async (t) => {
    const parent = await temporaryFolder(t);
    await deliver(`${parent}/kubelet`, sets.a1);
    await deliver(`${parent}/kubelet`, sets.b2);
    await writeFile(`${parent}/.previous/kubelet/tls.key`, sets.c3.key);
    await assert.rejects(restorePreviousSet(`${parent}/kubelet`), withCode('DAMAGED'));
    assert.equal((await readSet(`${parent}/kubelet`)).serial, 'b2');
  });

  test('leaves the set in use when the disk is full at any moment', async (t) => {
    const parent = await temporaryFolder(t);
    const directory = `${parent}/kubelet`;
    await deliver(directory, sets.a1);
    for (let failAt = 1; ; failAt += 1) {
      await deliver(directory, sets.b2);
      await deliver(directory, sets.c3);
      const fileSystem = breakingFileSystem({ failAt, code: 'ENOSPC' });
      const [outcome] = await Promise.allSettled([restorePreviousSet(directory, { fileSystem })]);
      if (!fileSystem.hasBroken()) break;
      const { serial, key } = await readSet(directory);
      if (outcome.status === 'rejected') assert.ok(isAppError(outcome.reason, 'NO_SPACE'));
      assert.equal(key.toString(), serial === 'c3' ? sets.c3.key : sets.b2.key);
    }
  });
});
