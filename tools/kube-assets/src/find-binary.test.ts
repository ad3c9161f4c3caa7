import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '@easycerts/core';
import { findBinary } from './find-binary.ts';
import type { Requirement } from './judge.ts';
import { elfFile, script, temporaryFolder } from './testing.ts';

const requirement: Requirement = {
  name: 'nats-server',
  pinned: '2.15.2',
  usable: { kind: 'at-least', version: '2.12.0' },
  versionArgs: ['--version'],
};

test('EASYCERTS_BIN_DIR comes before the cache, and the cache before PATH', async (t) => {
  const root = await temporaryFolder(t);
  const places = {
    env: { EASYCERTS_BIN_DIR: join(root, 'own'), PATH: join(root, 'path') },
    cacheBin: join(root, 'cache'),
  };
  assert.equal(await findBinary(requirement, places), undefined);
  await script(join(root, 'path/nats-server'), 'echo nats-server: v2.12.1');
  assert.equal((await findBinary(requirement, places))?.place, 'path');
  await script(join(root, 'cache/nats-server'), 'exit 1');
  assert.equal((await findBinary(requirement, places))?.place, 'cache');
  await script(join(root, 'own/nats-server'), 'echo nats-server: v2.15.2');
  assert.equal((await findBinary(requirement, places))?.path, join(root, 'own/nats-server'));
});

test('an old one on PATH is passed over for a newer one behind it', async (t) => {
  const root = await temporaryFolder(t);
  await script(join(root, 'a/nats-server'), 'echo nats-server: v2.10.0');
  await script(join(root, 'b/nats-server'), 'echo nats-server: v2.14.0 >&2');
  const env = { PATH: `${join(root, 'a')}:relative:${join(root, 'b')}` };
  const found = await findBinary(requirement, { env, cacheBin: join(root, 'cache') });
  assert.equal(found?.path, join(root, 'b/nats-server'));
});

test('a wrong version in EASYCERTS_BIN_DIR is an error that names path, found, wanted and cure', async (t) => {
  const root = await temporaryFolder(t);
  const path = await script(join(root, 'nats-server'), 'echo nats-server: v2.10.0');
  const search = findBinary(requirement, { env: { EASYCERTS_BIN_DIR: root }, cacheBin: join(root, 'cache') });
  await assert.rejects(search, (error) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'FAILED_PRECONDITION');
    assert.equal(error.details.path, path);
    assert.equal(error.details.found, '2.10.0');
    assert.equal(error.details.wanted, '2.12.0 or newer');
    assert.match(error.details.cure ?? '', /nats-server/);
    return true;
  });
});

test('a file of another architecture in EASYCERTS_BIN_DIR is refused, not run through', async (t) => {
  const root = await temporaryFolder(t);
  await writeFile(join(root, 'nats-server'), elfFile(true), { mode: 0o755 });
  const search = findBinary(requirement, { env: { EASYCERTS_BIN_DIR: root }, cacheBin: join(root, 'cache') });
  await assert.rejects(search, { code: 'FAILED_PRECONDITION' });
});

test('folders and files that may not be executed are not programs', async (t) => {
  const root = await temporaryFolder(t);
  await mkdir(join(root, 'a/nats-server'), { recursive: true });
  await mkdir(join(root, 'b'));
  await writeFile(join(root, 'b/nats-server'), '', { mode: 0o644 });
  const env = { PATH: `${join(root, 'a')}:${join(root, 'b')}` };
  assert.equal(await findBinary(requirement, { env, cacheBin: join(root, 'cache') }), undefined);
});

test('a program for an image is only taken from PATH when it is static', async (t) => {
  const root = await temporaryFolder(t);
  const forImage: Requirement = { name: 'busybox', pinned: '', usable: { kind: 'any' }, mustBeStatic: true };
  const places = { env: { PATH: root }, cacheBin: join(root, 'cache') };
  await writeFile(join(root, 'busybox'), elfFile(false), { mode: 0o755 });
  assert.equal(await findBinary(forImage, places), undefined);
  await writeFile(join(root, 'busybox'), elfFile(true), { mode: 0o755 });
  assert.equal((await findBinary(forImage, places))?.place, 'path');
});
