/** The folder of specs: what is read, what is left out, what is read again. */

import assert from 'node:assert/strict';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { temporaryDirectory } from '@easycerts/testing';
import { plainSpec } from '../../test/test-host.ts';
import { SpecFiles, specError } from './spec-files.ts';

async function folderOf(files: Readonly<Record<string, unknown>>) {
  const { path, remove } = await temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    await writeFile(`${path}/${name}`, typeof content === 'string' ? content : JSON.stringify(content));
  }
  return { path, remove };
}

const fileOf = (name: string, more: object = {}): object => ({
  apiVersion: 'easycerts/v1',
  ...plainSpec(name, `/secrets/${name}`),
  ...more,
});

describe('SpecFiles', () => {
  test('reads every spec, in the order of names, twice with equal results', async (t) => {
    const folder = await folderOf({ 'z.json': fileOf('a'), 'a.json': fileOf('z'), 'm.json': fileOf('m') });
    t.after(folder.remove);
    const files = new SpecFiles(folder.path);
    const first = files.load();
    assert.deepEqual(
      first.specs.map(({ spec }) => spec.name),
      ['a', 'm', 'z'],
    );
    assert.deepEqual(first.problems, []);
    assert.deepEqual(files.load(), first);
    assert.deepEqual(new SpecFiles(folder.path).load(), first);
  });

  test('leaves other files alone: hidden ones, temporary ones, notes', async (t) => {
    const folder = await folderOf({ '.a.json.0123.tmp': '{', '.hidden.json': '{', README: 'x', 'a.json': fileOf('a') });
    t.after(folder.remove);
    assert.equal(new SpecFiles(folder.path).load().specs.length, 1);
  });

  test('goes on with the others when one is damaged, and names its file', async (t) => {
    const folder = await folderOf({
      'a.json': fileOf('a'),
      'b.json': '{"apiVersion"',
      'c.json': fileOf('c', { keyMode: 0o777, more: 1 }),
    });
    t.after(folder.remove);
    await mkdir(`${folder.path}/d.json`);
    await symlink('nowhere', `${folder.path}/e.json`);
    const { specs, problems } = new SpecFiles(folder.path).load();
    assert.deepEqual(
      specs.map(({ spec }) => spec.name),
      ['a'],
    );
    const files = ['b.json', 'c.json: keyMode', 'c.json', 'd.json'].map((file) => `${folder.path}/${file}`);
    assert.deepEqual(problems.map(({ path }) => path).sort(), files.sort());
    const error = specError(problems);
    assert.ok(isAppError(error, 'INVALID_CONFIG') && error.details.cure);
    assert.deepEqual(error.details.problems, problems);
  });

  test('leaves out all that share a name or a directory: nobody knows which one is meant', async (t) => {
    const folder = await folderOf({
      'a1.json': fileOf('a'),
      'a2.json': fileOf('a', { directory: '/secrets/other' }),
      'b.json': fileOf('b'),
      'c.json': fileOf('c', { directory: '/secrets/b' }),
      'd.json': fileOf('d'),
    });
    t.after(folder.remove);
    const { specs, problems } = new SpecFiles(folder.path).load();
    assert.deepEqual(
      specs.map(({ spec }) => spec.name),
      ['d'],
    );
    assert.equal(problems.length, 4);
    for (const file of ['a1.json: name', 'a2.json: name', 'b.json: directory', 'c.json: directory']) {
      assert.ok(
        problems.some(({ path }) => path === `${folder.path}/${file}`),
        file,
      );
    }
    assert.ok(
      problems.find(({ path }) => path.includes('a1.json'))?.message.includes('a2.json'),
      'names the other file',
    );
  });

  test('sees what was changed, added and removed', async (t) => {
    const folder = await folderOf({ 'a.json': fileOf('a'), 'b.json': fileOf('b') });
    t.after(folder.remove);
    const files = new SpecFiles(folder.path);
    const before = files.load().specs;
    await writeFile(`${folder.path}/a.json`, JSON.stringify(fileOf('a', { validityS: 60 })));
    await rm(`${folder.path}/b.json`);
    await writeFile(`${folder.path}/c.json`, JSON.stringify(fileOf('c')));
    const after = files.load().specs;
    assert.deepEqual(
      after.map(({ spec }) => spec.name),
      ['a', 'c'],
    );
    assert.equal(after[0]?.spec.validityS, 60);
    assert.notEqual(after[0]?.digest, before[0]?.digest);
  });

  test('takes no folder for no specs', () => {
    assert.deepEqual(new SpecFiles('/nowhere/certmgr.d').load(), { specs: [], problems: [] });
  });

  test('says so when the folder is none', async (t) => {
    const folder = await folderOf({ file: 'x' });
    t.after(folder.remove);
    assert.throws(
      () => new SpecFiles(`${folder.path}/file`).load(),
      (error) => isAppError(error) && error.message.includes('/file'),
    );
  });

  test('reports a file it may not read', {
    skip: process.geteuid?.() === 0 ? 'root may read everything' : false,
  }, async (t) => {
    const folder = await folderOf({ 'a.json': fileOf('a') });
    t.after(folder.remove);
    await chmod(`${folder.path}/a.json`, 0);
    assert.equal(new SpecFiles(folder.path).load().problems.length, 1);
  });
});
