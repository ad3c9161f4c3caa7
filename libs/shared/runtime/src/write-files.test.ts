import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RenderedFile } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { temporaryDirectory } from '@easycerts/testing';
import type { Users } from './users.ts';
import { changedFiles, writeFilesAtomically } from './write-files.ts';

const users: Users = { idsOf: () => undefined };
const file = (path: string, content: string, mode = 0o644): RenderedFile => ({
  path,
  content,
  mode,
  owner: 'a',
  group: 'a',
});

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await temporaryDirectory();
  try {
    await body(folder.path);
  } finally {
    await folder.remove();
  }
}

test('writes what is absent or different, with its mode, and nothing else', async () => {
  await inFolder(async (folder) => {
    const files = [file(`${folder}/a/one`, '1', 0o600), file(`${folder}/two`, '2')];
    assert.deepEqual(await writeFilesAtomically(files, users), [`${folder}/a/one`, `${folder}/two`]);
    assert.equal((await stat(`${folder}/a/one`)).mode & 0o777, 0o600);
    assert.deepEqual(await writeFilesAtomically(files, users), []);
    assert.deepEqual(
      await changedFiles([file(`${folder}/two`, '2', 0o600), file(`${folder}/a/one`, '1', 0o600)], users),
      [file(`${folder}/two`, '2', 0o600)],
    );
  });
});

test('when one file cannot be written, none has changed and nothing is left over', async () => {
  await inFolder(async (folder) => {
    await writeFile(`${folder}/one`, 'old');
    await writeFile(`${folder}/blocked`, 'a file where a folder should be');
    const files = [file(`${folder}/one`, 'new'), file(`${folder}/blocked/two`, '2')];
    await assert.rejects(
      writeFilesAtomically(files, users),
      (error) => isAppError(error) && error.message.includes('blocked/two'),
    );
    assert.equal(await readFile(`${folder}/one`, 'utf8'), 'old');
    assert.deepEqual((await readdir(folder)).sort(), ['blocked', 'one']);
  });
});

test('an owner that does not exist stops everything before it begins', async () => {
  await inFolder(async (folder) => {
    const nobody: Users = {
      idsOf: (owner) => {
        throw new Error(`no user ${owner}`);
      },
    };
    await assert.rejects(writeFilesAtomically([file(`${folder}/one`, '1')], nobody), /no user a/);
    assert.deepEqual(await readdir(folder), []);
  });
});

test('a symbolic link is replaced, not followed', async () => {
  await inFolder(async (folder) => {
    await writeFile(`${folder}/target`, 'untouched');
    await symlink(`${folder}/target`, `${folder}/link`);
    await writeFilesAtomically([file(`${folder}/link`, 'new')], users);
    assert.equal(await readFile(`${folder}/target`, 'utf8'), 'untouched');
    assert.equal(await readFile(`${folder}/link`, 'utf8'), 'new');
  });
});

test('a full disk is told by its code, and the old files stay', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('mounting a small file system needs root');
  await inFolder(async (folder) => {
    const small = join(folder, 'small');
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small]);
    try {
      await writeFile(`${small}/one`, 'old');
      const files = [file(`${small}/one`, 'new'), file(`${small}/two`, 'x'.repeat(64 * 1024))];
      await assert.rejects(
        writeFilesAtomically(files, users),
        (error) => isAppError(error, 'NO_SPACE') && error.details.path === `${small}/two`,
      );
      assert.equal(await readFile(`${small}/one`, 'utf8'), 'old');
      assert.deepEqual(await readdir(small), ['one']);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});

test('a read-only disk is told as that', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('mounting a file system needs root');
  await inFolder(async (folder) => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=16k', 'tmpfs', folder]);
    try {
      await assert.rejects(writeFilesAtomically([file(`${folder}/a/b/one`, '1')], users), (error) => {
        return isAppError(error, 'FAILED_PRECONDITION') && /read-only/i.test(error.message);
      });
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});
