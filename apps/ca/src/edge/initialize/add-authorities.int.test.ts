/** A CA that an earlier version made gets the authorities that have come since; one that was lost is never replaced. */

import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { after, beforeEach, describe, test } from 'node:test';
import { authorityNames, pathsUnder } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { loadUsers } from '@easycerts/runtime';
import { temporaryDirectory } from '@easycerts/testing';
import { config, master, now } from '../../../test/fixture.ts';
import { loadAuthorities } from '../authority-files.ts';
import { addAuthorities } from './add-authorities.ts';
import { initializeCa } from './initialize.ts';

const folder = await temporaryDirectory();
const paths = pathsUnder(folder.path);
const services = `${paths.ca}/authorities/services`;
const list = `${paths.ca}/made-authorities.json`;

beforeEach(async () => {
  await rm(folder.path, { recursive: true, force: true });
  await initializeCa({ config, host: master, paths, users: loadUsers({ isRoot: false }), now });
});
after(() => folder.remove());

/** As the version before left it. */
async function makeOld(): Promise<void> {
  await rm(services, { recursive: true });
  await rm(list);
}

const add = () => addAuthorities(paths.ca, config, now);
const fingerprints = async () =>
  Object.fromEntries(
    Object.entries(await loadAuthorities(paths.ca)).map(([name, { certificate }]) => [name, certificate.fingerprint]),
  );

describe('authorities that have come since', () => {
  test('are none for a CA that this version made', async () => {
    const before = await fingerprints();
    assert.deepEqual(await add(), []);
    assert.deepEqual(await fingerprints(), before);
    assert.deepEqual(JSON.parse(await readFile(list, 'utf8')), authorityNames);
  });

  test('are made once, and leave the others as they are', async () => {
    const { services: _, ...before } = await fingerprints();
    await makeOld();
    assert.deepEqual(await add(), ['services']);
    const { services: made, ...others } = await fingerprints();
    assert.deepEqual(others, before);
    assert.deepEqual(await add(), []);
    assert.equal((await fingerprints()).services, made);
  });

  test('have private keys, and leave nothing lying around', async () => {
    await makeOld();
    await add();
    assert.equal((await stat(`${services}/ca.key`)).mode & 0o777, 0o600);
    assert.equal((await stat(services)).mode & 0o777, 0o700);
    assert.deepEqual(
      (await readdir(paths.ca)).filter((name) => name.startsWith('.authority.')),
      [],
    );
  });

  test('are made once when two ask at the same time', async () => {
    await makeOld();
    const made = await Promise.all([add(), add(), add()]);
    assert.deepEqual(made.flat(), ['services']);
  });

  test('are not made again by the start after one that was killed before it was on the list', async () => {
    await makeOld();
    await add();
    const { services: made } = await fingerprints();
    await rm(list);
    assert.deepEqual(await add(), []);
    assert.equal((await fingerprints()).services, made);
    assert.ok((await readFile(list, 'utf8')).includes('services'));
  });

  test('are begun anew by the start after one that was killed while it wrote', async () => {
    await makeOld();
    await mkdir(`${paths.ca}/.authority.0123456789ab`);
    await writeFile(`${paths.ca}/.authority.0123456789ab/ca.key`, 'half a ke');
    assert.deepEqual(await add(), ['services']);
    assert.deepEqual((await readdir(`${paths.ca}/authorities`)).sort(), [...authorityNames].sort());
    await assert.rejects(stat(`${paths.ca}/.authority.0123456789ab`));
  });
});

describe('an authority that was lost', () => {
  for (const name of authorityNames) {
    test(`is told and not replaced: ${name}`, async () => {
      await rm(`${paths.ca}/authorities/${name}`, { recursive: true });
      assert.deepEqual(await add(), []);
      await assert.rejects(loadAuthorities(paths.ca), (error) => isAppError(error, 'DAMAGED'));
    });
  }

  test('of the first four is not replaced in an old CA either', async () => {
    await makeOld();
    await rm(`${paths.ca}/authorities/etcd`, { recursive: true });
    assert.deepEqual(await add(), ['services']);
    await assert.rejects(loadAuthorities(paths.ca), (error) => isAppError(error, 'DAMAGED'));
  });

  test('is not guessed at when the list is damaged', async () => {
    for (const text of ['', '{}', '["mine"]', '["services"']) {
      await writeFile(list, text);
      await assert.rejects(add(), (error) => isAppError(error, 'DAMAGED') && error.details.path === list, text);
    }
  });

  test('on a disk that takes nothing leaves everything as it was', {
    skip: process.geteuid?.() === 0 ? 'root may write everywhere' : false,
  }, async () => {
    await makeOld();
    await chmod(`${paths.ca}/authorities`, 0o500);
    await assert.rejects(add(), (error) => isAppError(error, 'PERMISSION_DENIED'));
    await chmod(`${paths.ca}/authorities`, 0o700);
    assert.deepEqual(await add(), ['services']);
  });
});
