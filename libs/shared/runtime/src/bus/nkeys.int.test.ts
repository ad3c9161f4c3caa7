import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import type { TemporaryDirectory } from '@easycerts/testing';
import { temporaryDirectory } from '@easycerts/testing';
import { createBusKeys, publicKeysOf, readBusKeys, writeBusKeys } from './nkeys.ts';

let folder: TemporaryDirectory;
before(async () => {
  folder = await temporaryDirectory();
});
after(() => folder.remove());

test('keys are four different ones, of the right kinds, and new each time', () => {
  const keys = createBusKeys();
  const { system, auth, boot, issuer } = publicKeysOf(keys);
  for (const user of [system, auth, boot]) assert.match(user, /^U[A-Z2-7]{55}$/);
  assert.match(issuer, /^A[A-Z2-7]{55}$/);
  assert.equal(new Set([system, auth, boot, issuer]).size, 4);
  assert.notEqual(createBusKeys().issuer.seed, keys.issuer.seed);
});

test('keys are written for their owner only, and read back', async () => {
  const directory = join(folder.path, 'written');
  const keys = createBusKeys();
  await writeBusKeys(directory, keys);
  assert.deepEqual(await readBusKeys(directory), keys);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  const files = await readdir(directory);
  assert.deepEqual(files.sort(), ['auth.nk', 'boot.nk', 'issuer.nk', 'system.nk']);
  for (const name of files) assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600);
});

test('keys are never overwritten', async () => {
  const directory = join(folder.path, 'kept');
  const keys = createBusKeys();
  await writeBusKeys(directory, keys);
  await assert.rejects(writeBusKeys(directory, createBusKeys()), (error) => isAppError(error, 'ALREADY_EXISTS'));
  assert.deepEqual(await readBusKeys(directory), keys);
});

test('a missing file is named', async () => {
  await assert.rejects(
    readBusKeys(join(folder.path, 'absent')),
    (error) => isAppError(error, 'NOT_FOUND') && error.message.includes('system.nk'),
  );
});

const damaged: Readonly<Record<string, (seed: string, other: string) => string>> = {
  empty: () => '',
  'cut short': (seed) => seed.slice(0, 40),
  'one letter changed': (seed) => `${seed.slice(0, 30)}${seed[30] === 'A' ? 'B' : 'A'}${seed.slice(31)}`,
  'the seed of another role': (_, other) => other,
};
for (const [name, damage] of Object.entries(damaged)) {
  test(`a damaged file is named, and its content is not: ${name}`, async () => {
    const directory = join(folder.path, `damaged-${name.replaceAll(' ', '-')}`);
    const keys = createBusKeys();
    await writeBusKeys(directory, keys);
    const content = damage(keys.issuer.seed, keys.authUser.seed);
    await writeFile(join(directory, 'issuer.nk'), content);
    await assert.rejects(readBusKeys(directory), (error) => {
      assert.ok(
        isAppError(error, 'DAMAGED') && error.message.includes('issuer.nk') && error.details.cure !== undefined,
      );
      return content === '' || !error.message.includes(content);
    });
  });
}
