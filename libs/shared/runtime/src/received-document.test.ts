import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { nodeDocumentOf, type Paths, parseClusterConfig, pathsUnder } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { temporaryDirectory } from '@easycerts/testing';
import { readReceivedDigest, readReceivedHost, writeReceivedDocument } from './received-document.ts';
import type { Users } from './users.ts';

const users: Users = { idsOf: () => undefined };
const host = { name: 'n1', roles: ['node'], addresses: ['192.0.2.7'] } as const;
const documentFor = (address: string) =>
  nodeDocumentOf(parseClusterConfig(`roles: [master]\nmasterAddress: ${address}`, 'cluster.yaml'), host);

async function createPaths(t: TestContext): Promise<Paths> {
  const root = await temporaryDirectory();
  t.after(() => root.remove());
  return pathsUnder(root.path);
}

describe('received document', () => {
  test('is found as it was written, readable for every service', async (t) => {
    const paths = await createPaths(t);
    const document = documentFor('m1.example');
    assert.deepEqual(await writeReceivedDocument(paths, document, users), [paths.receivedHost, paths.receivedConfig]);
    assert.deepEqual(await readReceivedHost(paths), host);
    assert.equal(await readReceivedDigest(paths), document.digest);
    assert.equal(await readFile(paths.receivedConfig, 'utf8'), document.cluster);
    for (const path of [paths.receivedHost, paths.receivedConfig]) {
      assert.equal((await stat(path)).mode & 0o777, 0o644);
    }
    assert.equal((await readdir(dirname(paths.receivedHost))).length, 2, 'nothing else is left');
  });

  test('is not touched when it is the same', async (t) => {
    const paths = await createPaths(t);
    await writeReceivedDocument(paths, documentFor('m1.example'), users);
    assert.deepEqual(await writeReceivedDocument(paths, documentFor('m1.example'), users), []);
    const changed = await writeReceivedDocument(paths, documentFor('m2.example'), users);
    assert.deepEqual(changed, [paths.receivedHost, paths.receivedConfig]);
  });

  test('is absent on a host that has received nothing', async (t) => {
    const paths = await createPaths(t);
    assert.equal(await readReceivedHost(paths), undefined);
    assert.equal(await readReceivedDigest(paths), undefined);
  });

  test('a crash between the two files: it counts as not received, and the record is there first', async (t) => {
    const paths = await createPaths(t);
    await writeReceivedDocument(paths, documentFor('m1.example'), users);
    const older = await readFile(paths.receivedConfig, 'utf8');
    await writeReceivedDocument(paths, documentFor('m2.example'), users);
    await writeFile(paths.receivedConfig, older);
    assert.equal(await readReceivedDigest(paths), undefined);
    assert.deepEqual(await readReceivedHost(paths), host);
    await rm(paths.receivedConfig);
    assert.equal(await readReceivedDigest(paths), undefined);
  });

  for (const [name, content] of [
    ['nothing', ''],
    ['no JSON', '{"version":1,'],
    ['a newer version', '{"version":2,"digest":"","host":{"name":"n1","roles":["node"],"addresses":[]}}'],
    ['a role that is none', '{"version":1,"digest":"","host":{"name":"n1","roles":["root"],"addresses":[]}}'],
  ] as const) {
    test(`a record with ${name} in it is damaged, and the document to be written again`, async (t) => {
      const paths = await createPaths(t);
      await writeReceivedDocument(paths, documentFor('m1.example'), users);
      await writeFile(paths.receivedHost, content);
      await assert.rejects(readReceivedHost(paths), (error) => isAppError(error, 'DAMAGED'));
      assert.equal(await readReceivedDigest(paths), undefined);
    });
  }
});
