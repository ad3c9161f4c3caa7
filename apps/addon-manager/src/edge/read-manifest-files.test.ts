import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { isAppError } from '@easycerts/core';
import type { TemporaryDirectory } from '@easycerts/testing';
import { temporaryDirectory } from '@easycerts/testing';
import { readManifestFiles } from './read-manifest-files.ts';

const isRoot = process.getuid?.() === 0;

describe('readManifestFiles', () => {
  let folder: TemporaryDirectory;
  beforeEach(async () => {
    folder = await temporaryDirectory();
  });
  afterEach(() => folder.remove());
  const write = (name: string, text = 'text'): Promise<void> =>
    writeFile(join(folder.path, name), text, { mode: 0o644 });

  test('finds manifests at any depth, in the order of their names, and nothing else', async () => {
    await mkdir(join(folder.path, 'below/deeper'), { recursive: true });
    await mkdir(join(folder.path, '.git'));
    await mkdir(join(folder.path, 'folder.yaml'));
    for (const name of [
      'b.json',
      'a.yaml',
      'below/deeper/c.yml',
      '.hidden.yaml',
      '.git/x.yaml',
      'readme.md',
      'a.yaml~',
      'a.yaml.tmp',
    ]) {
      await write(name, name);
    }
    const { files, problems } = await readManifestFiles(folder.path);
    assert.deepEqual(
      files,
      ['a.yaml', 'b.json', 'below/deeper/c.yml'].map((file) => ({ file, text: file })),
    );
    assert.deepEqual(problems, []);
  });

  test('follows a symbolic link to a file', async () => {
    await write('target');
    await symlink(join(folder.path, 'target'), join(folder.path, 'a.yaml'));
    assert.deepEqual((await readManifestFiles(folder.path)).files, [{ file: 'a.yaml', text: 'text' }]);
  });

  test('a link to nothing is as if it were not there', async () => {
    await symlink(join(folder.path, 'none'), join(folder.path, 'a.yaml'));
    assert.deepEqual(await readManifestFiles(folder.path), { files: [], problems: [] });
  });

  for (const [rule, mode] of [
    ['the group', 0o664],
    ['everybody', 0o646],
  ] as const) {
    test(`does not read what ${rule} may write`, async () => {
      await write('a.yaml');
      await write('b.yaml');
      await chmod(join(folder.path, 'a.yaml'), mode);
      const { files, problems } = await readManifestFiles(folder.path);
      assert.deepEqual(
        files.map(({ file }) => file),
        ['b.yaml'],
      );
      assert.equal(problems[0]?.kind, 'damaged');
      assert.match(problems[0]?.cure ?? '', /chmod go-w/);
    });
  }

  test('does not read what belongs to another user', {
    skip: !isRoot && 'only root can give a file away',
  }, async () => {
    await write('a.yaml');
    await chown(join(folder.path, 'a.yaml'), 12_345, 0);
    const { files, problems } = await readManifestFiles(folder.path);
    assert.deepEqual(files, []);
    assert.match(problems[0]?.message ?? '', /belongs to user 12345/);
  });

  test('does not wait for a named pipe', async () => {
    await promisify(execFile)('mkfifo', ['-m', '600', join(folder.path, 'a.yaml')]);
    const { problems } = await readManifestFiles(folder.path);
    assert.match(problems[0]?.message ?? '', /not a regular file/);
  });

  test('does not read a file that is far too large', async () => {
    await write('a.yaml');
    await truncate(join(folder.path, 'a.yaml'), 17 * 1024 * 1024);
    assert.match((await readManifestFiles(folder.path)).problems[0]?.message ?? '', /too large/);
  });

  test('a file that may not be read is named', { skip: isRoot && 'root may read everything' }, async () => {
    await write('a.yaml');
    await chmod(join(folder.path, 'a.yaml'), 0);
    assert.match((await readManifestFiles(folder.path)).problems[0]?.message ?? '', /a\.yaml/);
  });

  test('a directory that is not there is an error and not an empty one', async () => {
    const path = join(folder.path, 'none');
    await assert.rejects(
      readManifestFiles(path),
      (error) => isAppError(error, 'NOT_FOUND') && error.message.includes(path),
    );
  });
});
