/** Owners and modes: what is found wrong and put right. */

import assert from 'node:assert/strict';
import { chmod, chown, rm, stat } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import { deliverSet } from '../atomic-file-set.ts';
import { resolveSet } from './read-set.ts';
import { correctSetModes, statSetSync, wrongModes } from './set-modes.ts';
import { makeTestSets, noUsers, type TestSet, temporaryFolder } from './test-sets.ts';

let files: TestSet;
before(async () => {
  files = (await makeTestSets('a1')).a1;
});

const expected = { keyMode: 0o600, keyOwner: undefined };
const deliver = (directory: string): Promise<unknown> =>
  deliverSet({ directory, files, owner: 'root', group: 'root', users: noUsers });

describe('modes of a set', () => {
  test('are right after a delivery', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    await deliver(directory);
    assert.deepEqual(await correctSetModes(directory, expected), []);
  });

  for (const [file, mode, right] of [
    ['tls.key', 0o644, 0o600],
    ['tls.key', 0o400, 0o600],
    ['tls.key', 0o4600, 0o600],
    ['tls.crt', 0o600, 0o644],
    ['tls.crt', 0o666, 0o644],
    ['ca.crt', 0o664, 0o644],
    ['', 0o700, 0o755],
    ['', 0o777, 0o755],
  ] as const) {
    test(`are put right: ${file || 'the directory'} ${mode.toString(8)}`, async (t) => {
      const directory = `${await temporaryFolder(t)}/kubelet`;
      await deliver(directory);
      await chmod(`${directory}/${file}`, mode);
      const [wrong, ...more] = await correctSetModes(directory, expected);
      assert.ok(wrong?.detail.includes('instead of'));
      assert.deepEqual(more, []);
      assert.equal((await stat(`${directory}/${file}`)).mode & 0o7777, right);
      assert.deepEqual(await correctSetModes(directory, expected), []);
    });
  }

  test('of a set with a missing file are not judged', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    await deliver(directory);
    await rm(`${directory}/ca.crt`);
    assert.equal(statSetSync(resolveSet(directory)), undefined);
    assert.deepEqual(await correctSetModes(directory, expected), []);
  });
});

describe('owners of a set', { skip: process.geteuid?.() === 0 ? false : 'only root gives files away' }, () => {
  const keyOwner = { uid: 4711, gid: 4712 };

  test('are put right: the key its user’s, all else root’s', async (t) => {
    const directory = `${await temporaryFolder(t)}/etcd`;
    await deliver(directory);
    await chown(`${directory}/ca.crt`, 4711, 4712);
    await chown(resolveSet(directory), 4711, 0);
    const wrong = await correctSetModes(directory, { keyMode: 0o600, keyOwner });
    assert.deepEqual(
      wrong.map(({ path }) =>
        path
          .split('/')
          .at(-1)
          ?.replace(/^etcd\..*/, 'etcd'),
      ),
      ['etcd', 'tls.key', 'ca.crt'],
    );
    const { uid, gid, mode } = await stat(`${directory}/tls.key`);
    assert.deepEqual([uid, gid, mode & 0o7777], [4711, 4712, 0o600]);
    assert.equal((await stat(`${directory}/ca.crt`)).uid, 0);
  });

  test('are wrong when only the group is', async (t) => {
    const directory = `${await temporaryFolder(t)}/etcd`;
    await deliver(directory);
    const status = statSetSync(resolveSet(directory));
    assert.ok(status);
    const [wrong] = wrongModes(directory, status, { keyMode: 0o600, keyOwner: { uid: 0, gid: 5 } });
    assert.equal(wrong?.detail, 'owner 0:0 instead of 0:5');
  });
});
