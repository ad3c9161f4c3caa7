/** Deliveries on a real disk: what a reader sees, what stays, what each failing operation leaves. */

import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { lstat, mkdir, readFile, readlink, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { before, describe, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { deliverSet, type SetDelivery } from './atomic-file-set.ts';
import { cleanSets } from './file-set/clean-sets.ts';
import { readSet } from './file-set/read-set.ts';
import {
  breakingFileSystem,
  entriesOf,
  makeTestSets,
  noUsers,
  type TestSet,
  temporaryFolder,
} from './file-set/test-sets.ts';

let sets: Record<'a1' | 'b2' | 'c3', TestSet>;
before(async () => {
  sets = await makeTestSets('a1', 'b2', 'c3');
});

const deliveryOf = (directory: string, files: TestSet, more: Partial<SetDelivery> = {}): SetDelivery => ({
  directory,
  files,
  owner: 'root',
  group: 'root',
  users: noUsers,
  ...more,
});

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o7777).toString(8);
}

describe('deliverSet', () => {
  test('puts the first set in place behind a relative link', async (t) => {
    const parent = await temporaryFolder(t);
    const directory = `${parent}/deep/er/kubelet`;
    const delivered = await deliverSet(deliveryOf(directory, sets.a1));
    assert.equal(await readFile(`${directory}/tls.crt`, 'utf8'), sets.a1.cert);
    assert.equal(await readFile(`${directory}/tls.key`, 'utf8'), sets.a1.key);
    assert.equal(await readFile(`${directory}/ca.crt`, 'utf8'), sets.a1.ca);
    assert.match(await readlink(directory), /^\.sets\/kubelet\.\d+-[0-9a-f]{8}$/);
    assert.deepEqual({ ...delivered, target: '' }, { target: '', keptPrevious: false, isClean: true });
    assert.equal(delivered.target, `${parent}/deep/er/${await readlink(directory)}`);
  });

  test('gives the key mode 0600 when none is asked for', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    await deliverSet(deliveryOf(directory, sets.a1));
    assert.equal(await modeOf(`${directory}/tls.key`), '600');
  });

  test('gives every file its mode whatever the umask is', async (t) => {
    const parent = await temporaryFolder(t);
    const directory = `${parent}/secrets/kubelet`;
    for (const umask of [0o000, 0o077]) {
      const before = process.umask(umask);
      try {
        await deliverSet(deliveryOf(directory, sets.a1, { keyMode: 0o640 }));
      } finally {
        process.umask(before);
      }
      const modes = await Promise.all(['', '/tls.crt', '/tls.key', '/ca.crt'].map((part) => modeOf(directory + part)));
      assert.deepEqual(modes, ['755', '644', '640', '644'], `umask ${umask.toString(8)}`);
    }
    assert.equal(await modeOf(`${parent}/secrets/.sets`), '755');
    assert.equal(await modeOf(`${parent}/secrets/.previous`), '700');
  });

  test('gives the key alone to its owner', {
    skip: process.geteuid?.() === 0 ? false : 'only root gives files away',
  }, async (t) => {
    const directory = `${await temporaryFolder(t)}/etcd`;
    const users = { idsOf: (owner: string) => (owner === 'etcd' ? { uid: 4711, gid: 4712 } : undefined) };
    await deliverSet(deliveryOf(directory, sets.a1, { owner: 'etcd', group: 'etcd', users }));
    await deliverSet(deliveryOf(directory, sets.b2, { owner: 'etcd', group: 'etcd', users }));
    const ownerOf = async (path: string): Promise<string> => {
      const { uid, gid } = await stat(path);
      return `${uid}:${gid}`;
    };
    assert.equal(await ownerOf(`${directory}/tls.key`), '4711:4712');
    assert.equal(await ownerOf(`${directory}/tls.crt`), '0:0');
    assert.equal(await ownerOf(`${directory}/ca.crt`), '0:0');
    assert.equal(await ownerOf(`${directory}/`), '0:0');
    assert.equal(
      await ownerOf(`${dirname(directory)}/.previous/etcd/tls.key`),
      '4711:4712',
      'the copy keeps its owner',
    );
  });

  test('removes the old directory and keeps a copy of the set before', async (t) => {
    const parent = await temporaryFolder(t);
    const directory = `${parent}/kubelet`;
    await deliverSet(deliveryOf(directory, sets.a1, { keyMode: 0o640 }));
    assert.equal((await deliverSet(deliveryOf(directory, sets.b2))).keptPrevious, true);
    assert.equal((await readSet(directory)).serial, 'b2');
    assert.equal((await readSet(`${parent}/.previous/kubelet`)).serial, 'a1');
    assert.equal(await modeOf(`${parent}/.previous/kubelet/tls.key`), '640', 'the copy keeps its mode');
    await deliverSet(deliveryOf(directory, sets.c3));
    assert.equal((await readSet(`${parent}/.previous/kubelet`)).serial, 'b2');
    assert.equal((await entriesOf(parent)).length, 1);
    assert.equal((await entriesOf(`${parent}/.previous`)).length, 1);
  });

  test('lets a watcher of the old file see its deletion, which is all that some reloaders notice', async (t) => {
    const directory = `${await temporaryFolder(t)}/kube-apiserver`;
    await deliverSet(deliveryOf(directory, sets.a1));
    const { promise, resolve } = Promise.withResolvers<string>();
    const watcher = watch(`${directory}/tls.crt`, (event) => event === 'rename' && resolve(event));
    t.after(() => watcher.close());
    await deliverSet(deliveryOf(directory, sets.b2));
    assert.equal(await promise, 'rename');
  });

  test('leaves other sets of the same folder alone, also those with a longer name', async (t) => {
    const parent = await temporaryFolder(t);
    const names = ['kubelet', 'kubelet.1-a', 'kubelet-client', 'kubelet.1-a.2-b'];
    for (const name of names) await deliverSet(deliveryOf(`${parent}/${name}`, sets.a1));
    await deliverSet(deliveryOf(`${parent}/kubelet`, sets.b2));
    for (const name of names.slice(1)) assert.equal((await readSet(`${parent}/${name}`)).serial, 'a1', name);
  });

  test('works when the whole tree is moved', async (t) => {
    const parent = await temporaryFolder(t);
    await deliverSet(deliveryOf(`${parent}/here/kubelet`, sets.a1));
    await deliverSet(deliveryOf(`${parent}/here/kubelet`, sets.b2));
    await rename(`${parent}/here`, `${parent}/there`);
    assert.equal((await readSet(`${parent}/there/kubelet`)).serial, 'b2');
    assert.equal((await readSet(`${parent}/there/.previous/kubelet`)).serial, 'a1');
  });

  test('does not keep a damaged set: an older copy is worth more', async (t) => {
    const parent = await temporaryFolder(t);
    const directory = `${parent}/kubelet`;
    for (const damage of [sets.a1.key, 'garbage', '']) {
      await deliverSet(deliveryOf(directory, sets.a1));
      await deliverSet(deliveryOf(directory, sets.b2));
      await writeFile(`${directory}/tls.key`, damage);
      assert.equal((await deliverSet(deliveryOf(directory, sets.c3))).keptPrevious, false);
      assert.equal((await readSet(`${parent}/.previous/kubelet`)).serial, 'a1');
      assert.equal((await readSet(directory)).serial, 'c3');
    }
  });

  test('replaces an empty folder, as a package may have made it', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    await mkdir(directory);
    await deliverSet(deliveryOf(directory, sets.a1));
    assert.ok((await lstat(directory)).isSymbolicLink());
  });

  test('never replaces what is not ours', async (t) => {
    const parent = await temporaryFolder(t);
    await mkdir(`${parent}/folder`);
    await writeFile(`${parent}/folder/tls.key`, 'by hand');
    await writeFile(`${parent}/file`, 'by hand');
    await symlink('/etc', `${parent}/link`);
    await symlink('.sets/other.1-a', `${parent}/alias`);
    for (const name of ['folder', 'file', 'link', 'alias']) {
      const refused = deliverSet(deliveryOf(`${parent}/${name}`, sets.a1));
      await assert.rejects(
        refused,
        (error) => isAppError(error, 'FAILED_PRECONDITION') && error.details.cure !== undefined,
        name,
      );
    }
    assert.equal(await readFile(`${parent}/folder/tls.key`, 'utf8'), 'by hand');
    assert.equal(await readFile(`${parent}/file`, 'utf8'), 'by hand');
    assert.equal(await readlink(`${parent}/link`), '/etc');
    assert.deepEqual(await entriesOf(parent), []);
  });

  test('refuses what can only be a mistake', async (t) => {
    const parent = await temporaryFolder(t);
    const rows: readonly [string, SetDelivery][] = [
      ['an empty key', deliveryOf(`${parent}/x`, { ...sets.a1, key: '' })],
      ['an empty certificate', deliveryOf(`${parent}/x`, { ...sets.a1, cert: '' })],
      ['an empty bundle', deliveryOf(`${parent}/x`, { ...sets.a1, ca: '' })],
      ['a key for everybody', deliveryOf(`${parent}/x`, sets.a1, { keyMode: 0o644 })],
      ['a setuid key', deliveryOf(`${parent}/x`, sets.a1, { keyMode: 0o4600 })],
      ['a relative path', deliveryOf('secrets/kubelet', sets.a1)],
      ['a path with ..', deliveryOf(`${parent}/a/../kubelet`, sets.a1)],
      ['a trailing slash', deliveryOf(`${parent}/kubelet/`, sets.a1)],
      ['a hidden name', deliveryOf(`${parent}/.sets`, sets.a1)],
      ['the root', deliveryOf('/', sets.a1)],
    ];
    for (const [name, delivery] of rows) {
      await assert.rejects(deliverSet(delivery), (error) => isAppError(error, 'INVALID_INPUT'), name);
    }
    assert.deepEqual(await entriesOf(parent), []);
  });

  test('passes on that the owner does not exist, and writes nothing', async (t) => {
    const parent = await temporaryFolder(t);
    const users = {
      idsOf: () => {
        throw new TypeError('unknown user');
      },
    };
    await assert.rejects(deliverSet(deliveryOf(`${parent}/kubelet`, sets.a1, { users })), /unknown user/);
    await assert.rejects(readSet(`${parent}/kubelet`), (error) => isAppError(error, 'NOT_FOUND'));
  });

  test('leaves a set alone that was delivered after the one to replace', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    const { target } = await deliverSet(deliveryOf(directory, sets.a1));
    await deliverSet(deliveryOf(directory, sets.b2));
    const late = deliverSet(deliveryOf(directory, sets.c3, { onlyIfTarget: target }));
    await assert.rejects(late, (error) => isAppError(error, 'CONFLICT'));
    assert.equal((await readSet(directory)).serial, 'b2');
    const onlyIfTarget = (await readSet(directory)).target;
    await deliverSet(deliveryOf(directory, sets.c3, { onlyIfTarget }));
    assert.equal((await readSet(directory)).serial, 'c3');
  });

  test('serializes deliveries of one set', async (t) => {
    const parent = await temporaryFolder(t);
    const all = [sets.a1, sets.b2, sets.c3, sets.a1, sets.b2, sets.c3];
    await Promise.all(all.map((files) => deliverSet(deliveryOf(`${parent}/kubelet`, files))));
    assert.equal((await entriesOf(parent)).length, 1);
    assert.ok((await readSet(`${parent}/kubelet`)).serial);
  });
});

describe('every operation of a delivery', () => {
  const codes = { ENOSPC: 'NO_SPACE', EROFS: 'FAILED_PRECONDITION' } as const;

  /** Runs the delivery of b2 over a1 with a file system that breaks at each operation in turn. */
  async function breakEverywhere(
    parent: string,
    { code, stays }: { readonly code: string; readonly stays: boolean },
    look: (directory: string, outcome: PromiseSettledResult<unknown>) => Promise<void>,
  ): Promise<number> {
    for (let failAt = 1; ; failAt += 1) {
      const directory = `${parent}/set${failAt}/kubelet`;
      await deliverSet(deliveryOf(directory, sets.a1));
      await deliverSet(deliveryOf(directory, sets.c3));
      const fileSystem = breakingFileSystem({ failAt, code, stays });
      const [outcome] = await Promise.allSettled([deliverSet(deliveryOf(directory, sets.b2, { fileSystem }))]);
      if (!fileSystem.hasBroken()) return failAt;
      await look(directory, outcome);
    }
  }

  for (const [system, code] of Object.entries(codes)) {
    test(`may fail with ${system}: ${code}, the old set stays, nothing half written`, async (t) => {
      const parent = await temporaryFolder(t);
      const operations = await breakEverywhere(parent, { code: system, stays: false }, async (directory, outcome) => {
        const { serial, key } = await readSet(directory);
        if (outcome.status === 'rejected' && serial === 'c3') {
          assert.ok(isAppError(outcome.reason, code), String(outcome.reason));
          assert.ok(outcome.reason.message.includes(directory), 'names the set');
          assert.ok(outcome.reason.details.cure, 'says what to do');
          assert.equal(key.toString(), sets.c3.key);
          assert.equal((await entriesOf(dirname(directory))).length, 1, 'the temporary directory is gone');
        } else {
          // The link was swapped: only the durability of the swap or the removal of the old directory failed
          assert.equal(serial, 'b2');
        }
        const kept = await readSet(`${dirname(directory)}/.previous/kubelet`);
        assert.ok(kept.serial === 'a1' || kept.serial === 'c3', 'there is always a set to go back to');
        await deliverSet(deliveryOf(directory, sets.b2));
        assert.equal((await entriesOf(dirname(directory))).length, 1, 'the next delivery tidies up');
      });
      assert.ok(operations > 40, `${operations} operations`);
    });
  }

  test('may be the last one before a crash: the next start finds the old set or the new one and cleans up', async (t) => {
    const parent = await temporaryFolder(t);
    await breakEverywhere(parent, { code: 'EIO', stays: true }, async (directory) => {
      const { serial, key } = await readSet(directory);
      assert.equal(key.toString(), serial === 'b2' ? sets.b2.key : sets.c3.key);
      await cleanSets(dirname(directory));
      assert.equal((await readSet(directory)).serial, serial);
      assert.equal((await entriesOf(dirname(directory))).length, 1);
      assert.equal((await entriesOf(`${dirname(directory)}/.previous`)).length, 1);
      assert.ok((await readSet(`${dirname(directory)}/.previous/kubelet`)).serial);
    });
  });
});
