import assert from 'node:assert/strict';
import { chmod, mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { findNatsServer } from './find-nats-server.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let folder: TemporaryDirectory;
let nowhere: { readonly HOME: string; readonly XDG_CACHE_HOME: string; readonly PATH: string };
before(async () => {
  folder = await temporaryDirectory();
  nowhere = { HOME: folder.path, XDG_CACHE_HOME: join(folder.path, 'no-cache'), PATH: '' };
});
after(() => folder.remove());

async function program(name: string, time = new Date()): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, 0o755);
  await utimes(path, time, time);
  return path;
}

test('the path that is given wins, then the folder, then the newest in the cache, then PATH', async () => {
  const given = await program('given');
  const inFolder = await program('bin/nats-server');
  await program('cache/easycerts/1/bin/nats-server', new Date('2020-01-01'));
  const newest = await program('cache/easycerts/2/bin/nats-server', new Date('2021-01-01'));
  const onPath = await program('path/nats-server');
  const environment = { ...nowhere, PATH: dirname(onPath) };
  assert.equal(await findNatsServer(environment), onPath);
  const cached = { ...environment, XDG_CACHE_HOME: join(folder.path, 'cache') };
  assert.equal(await findNatsServer(cached), newest);
  const bin = { ...cached, EASYCERTS_BIN_DIR: dirname(inFolder) };
  assert.equal(await findNatsServer(bin), inFolder);
  assert.equal(await findNatsServer({ ...bin, EASYCERTS_NATS_SERVER: given }), given);
});

test('what is not there or cannot be run is passed over', async () => {
  const path = await program('other/nats-server');
  const plain = join(folder.path, 'plain');
  await writeFile(plain, 'x', { mode: 0o644 });
  const environment = {
    ...nowhere,
    EASYCERTS_NATS_SERVER: plain,
    EASYCERTS_BIN_DIR: '/nonexistent',
    PATH: dirname(path),
  };
  // Root may read anything, but not run a file that nobody may.
  assert.equal(await findNatsServer(environment), path);
});

test('when there is none the error says how to get it', async () => {
  await assert.rejects(
    findNatsServer(nowhere),
    (error) => isAppError(error, 'NOT_FOUND') && /npm test/.test(error.details.cure ?? ''),
  );
});
