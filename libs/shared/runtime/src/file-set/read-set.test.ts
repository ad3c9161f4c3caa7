/** What a reader makes of sets, whole and damaged. */

import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { deliverSet } from '../atomic-file-set.ts';
import { isUsable, readSet, readSetTextsSync, resolveSet, serialOf } from './read-set.ts';
import { makeTestSets, noUsers, type TestSet, temporaryFolder } from './test-sets.ts';

let sets: Record<'a1' | 'b2', TestSet>;
before(async () => {
  sets = await makeTestSets('a1', 'b2');
});

describe('readSet', () => {
  test('gives the raw files and the serial number of the leaf', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    await deliverSet({ directory, files: sets.a1, owner: 'root', group: 'root', users: noUsers });
    const set = await readSet(directory);
    assert.equal(set.cert.toString(), sets.a1.cert);
    assert.equal(set.key.toString(), sets.a1.key);
    assert.equal(set.ca.toString(), sets.a1.ca);
    assert.equal(set.serial, 'a1');
    assert.equal(set.target, resolveSet(directory));
  });

  test('takes the first block of a chain as the leaf', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    const files = { ...sets.a1, cert: `${sets.a1.cert}${sets.a1.ca}` };
    await deliverSet({ directory, files, owner: 'root', group: 'root', users: noUsers });
    assert.equal((await readSet(directory)).serial, 'a1');
  });

  test('reads a plain directory too', async (t) => {
    const directory = `${await temporaryFolder(t)}/foreign`;
    await mkdir(directory);
    await writeFile(`${directory}/tls.crt`, sets.a1.cert);
    await writeFile(`${directory}/tls.key`, sets.a1.key);
    await writeFile(`${directory}/ca.crt`, sets.a1.ca);
    assert.equal((await readSet(directory)).serial, 'a1');
  });

  test('says which thing is not there, and tells absent from damaged', async (t) => {
    const parent = await temporaryFolder(t);
    const directory = `${parent}/kubelet`;
    await assert.rejects(
      readSet(directory),
      (error) => isAppError(error, 'NOT_FOUND') && error.details.path === directory,
    );
    await deliverSet({ directory, files: sets.a1, owner: 'root', group: 'root', users: noUsers });
    for (const file of ['tls.crt', 'tls.key', 'ca.crt']) {
      await deliverSet({ directory, files: sets.a1, owner: 'root', group: 'root', users: noUsers });
      await rm(`${directory}/${file}`);
      await assert.rejects(readSet(directory), (error) => isAppError(error, 'DAMAGED') && error.message.includes(file));
    }
    await rm(resolveSet(directory), { recursive: true });
    await assert.rejects(readSet(directory), (error) => isAppError(error, 'DAMAGED'), 'a link to nowhere');
  });

  test('gives its texts, empty ones for missing files, but never of a set that is not there', async (t) => {
    const parent = await temporaryFolder(t);
    const directory = `${parent}/kubelet`;
    await deliverSet({ directory, files: sets.a1, owner: 'root', group: 'root', users: noUsers });
    const target = resolveSet(directory);
    assert.deepEqual(readSetTextsSync(directory, target), { cert: sets.a1.cert, key: sets.a1.key, ca: sets.a1.ca });
    await rm(`${directory}/ca.crt`);
    assert.deepEqual(readSetTextsSync(directory, target), { cert: sets.a1.cert, key: sets.a1.key, ca: '' });
    await deliverSet({ directory, files: sets.b2, owner: 'root', group: 'root', users: noUsers });
    await rm(target, { recursive: true, force: true });
    assert.equal(readSetTextsSync(directory, target).key, sets.b2.key, 'swapped since the link was read');
    assert.throws(
      () => readSetTextsSync(`${parent}/absent`, `${parent}/absent`),
      (error) => isAppError(error, 'NOT_FOUND'),
    );
  });

  test('has no serial number for what is no certificate, and does not judge', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    const files = { cert: 'garbage', key: 'k', ca: 'c' };
    await deliverSet({ directory, files, owner: 'root', group: 'root', users: noUsers });
    assert.equal((await readSet(directory)).serial, undefined);
  });

  test('follows one link only: a set that is a link to itself ends in an error', async (t) => {
    const directory = `${await temporaryFolder(t)}/loop`;
    await symlink('loop', directory);
    await assert.rejects(readSet(directory), (error) => isAppError(error));
  });
});

describe('isUsable', () => {
  const rows: readonly [string, () => Partial<TestSet>, boolean][] = [
    ['a whole set', () => ({}), true],
    ['the key of another', () => ({ key: sets.b2.key }), false],
    ['a key that is none', () => ({ key: sets.a1.cert }), false],
    ['an empty key', () => ({ key: '' }), false],
    ['a certificate that is none', () => ({ cert: sets.a1.key }), false],
    ['the CA in front of the leaf', () => ({ cert: sets.a1.ca + sets.a1.cert }), false],
    ['a leaf instead of the CA', () => ({ ca: sets.a1.cert }), false],
    ['a bundle that is none', () => ({ ca: 'garbage' }), false],
  ];
  for (const [name, change, expected] of rows) {
    test(`is ${expected} for ${name}`, () => {
      const { cert, key, ca } = { ...sets.a1, ...change() };
      assert.equal(isUsable({ cert: Buffer.from(cert), key: Buffer.from(key), ca: Buffer.from(ca) }), expected);
    });
  }
});

test('serialOf gives lowercase hexadecimal without leading zeros', () => {
  assert.equal(serialOf(Buffer.from(sets.b2.cert)), 'b2');
  assert.equal(serialOf(Buffer.from('')), undefined);
});
