/** Leftovers of interrupted deliveries: what goes, and what never does. */

import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import { deliverSet } from '../atomic-file-set.ts';
import { cleanSets } from './clean-sets.ts';
import { readSet } from './read-set.ts';
import { entriesOf, makeTestSets, noUsers, type TestSet, temporaryFolder } from './test-sets.ts';

let sets: Record<'a1' | 'b2', TestSet>;
before(async () => {
  sets = await makeTestSets('a1', 'b2');
});

const deliver = (directory: string, files: TestSet): Promise<unknown> =>
  deliverSet({ directory, files, owner: 'root', group: 'root', users: noUsers });

describe('cleanSets', () => {
  test('says what it found, and nothing on a tidy folder or an absent one', async (t) => {
    const parent = await temporaryFolder(t);
    assert.deepEqual(await cleanSets(parent), []);
    assert.deepEqual(await cleanSets(`${parent}/absent`), []);
    await deliver(`${parent}/kubelet`, sets.a1);
    await deliver(`${parent}/kubelet`, sets.b2);
    assert.deepEqual(await cleanSets(parent), []);
  });

  test('removes directories that no link points to, temporary links and leftovers of the copy', async (t) => {
    const parent = await temporaryFolder(t);
    for (const files of [sets.a1, sets.b2]) await deliver(`${parent}/kubelet`, files);
    await mkdir(`${parent}/.sets/kubelet.1-a`);
    await mkdir(`${parent}/.sets/never-linked.1-a`);
    await symlink('.sets/etcd.1-a', `${parent}/.sets/etcd.1-a.link`);
    await mkdir(`${parent}/.previous/.sets/flannel.1-a`);
    await writeFile(`${parent}/.sets/a note`, 'not ours');
    const found = await cleanSets(parent);
    assert.deepEqual([...found].sort(), ['etcd', 'flannel', 'kubelet', 'never-linked']);
    const left = (await entriesOf(parent)).map((entry) => entry.split('.')[0]);
    assert.deepEqual(left.sort(), ['a note', 'kubelet']);
    assert.deepEqual((await entriesOf(`${parent}/.previous`)).length, 1);
    assert.equal((await readSet(`${parent}/kubelet`)).serial, 'b2');
  });

  test('removes nothing while something foreign stands at the place of the link', async (t) => {
    const parent = await temporaryFolder(t);
    await mkdir(`${parent}/.sets/kubelet.1-a`, { recursive: true });
    await mkdir(`${parent}/kubelet`);
    await writeFile(`${parent}/kubelet/tls.key`, 'by hand');
    await chmod(`${parent}/kubelet/tls.key`, 0o400);
    await cleanSets(parent);
    assert.deepEqual(await entriesOf(parent), ['kubelet.1-a']);
    assert.equal(await readFile(`${parent}/kubelet/tls.key`, 'utf8'), 'by hand');
  });
});
