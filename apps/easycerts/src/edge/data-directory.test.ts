import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { dataDirectoryAt, isOurs, makeDataDirectory } from './data-directory.ts';
import { runDown, runReset } from './down.ts';

let folder = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'easycerts-data-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('it is made with a marker, and keeps its keys out of repositories', () => {
  const data = dataDirectoryAt(join(folder, 'a/b'));
  makeDataDirectory(data);
  assert.ok(isOurs(data));
  assert.equal(readFileSync(join(data.path, '.gitignore'), 'utf8'), '*\n');
  assert.equal(statSync(join(data.var, 'tmp')).mode & 0o7777, 0o1777);
  makeDataDirectory(data);
});

test('one folder has one name, through links and before it exists', () => {
  mkdirSync(join(folder, 'real'));
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  assert.equal(dataDirectoryAt(join(folder, 'link/data')).path, join(folder, 'real/data'));
  assert.deepEqual(
    dataDirectoryAt(join(folder, 'link/../link/data')).instance,
    dataDirectoryAt(join(folder, 'real/data')).instance,
  );
});

test('an empty folder may become one', () => {
  makeDataDirectory(dataDirectoryAt(folder));
  assert.ok(isOurs(dataDirectoryAt(folder)));
});

test('a folder with something else in it is neither used nor stopped nor removed', async () => {
  const data = dataDirectoryAt(folder);
  writeFileSync(join(folder, 'thesis.txt'), 'years of work');
  const isRefused = (error: unknown): boolean =>
    isAppError(error, 'FAILED_PRECONDITION') && error.message.includes(folder) && error.details.cure !== undefined;
  assert.throws(() => makeDataDirectory(data), isRefused);
  await assert.rejects(runDown(data), isRefused);
  await assert.rejects(runReset(data), isRefused);
  assert.equal(readFileSync(join(folder, 'thesis.txt'), 'utf8'), 'years of work');
});

test('a marker that is a link or a folder is none', async () => {
  mkdirSync(join(folder, '.easycerts-data'));
  await assert.rejects(runReset(dataDirectoryAt(folder)), (error) => isAppError(error, 'FAILED_PRECONDITION'));
  rmSync(join(folder, '.easycerts-data'), { recursive: true });
  symlinkSync('/etc/passwd', join(folder, '.easycerts-data'));
  await assert.rejects(runReset(dataDirectoryAt(folder)), (error) => isAppError(error, 'FAILED_PRECONDITION'));
});

test('down and reset may be asked again, also for what never was', async () => {
  const data = dataDirectoryAt(join(folder, 'x'));
  assert.equal(await runDown(data), 'not-running');
  assert.equal(await runReset(data), 'absent');
  makeDataDirectory(data);
  assert.equal(await runDown(data), 'not-running');
  assert.equal(await runReset(data), 'removed');
  assert.ok(!existsSync(data.path));
});

test('a data directory below a file is one clear error', () => {
  writeFileSync(join(folder, 'file'), '');
  assert.throws(
    () => makeDataDirectory(dataDirectoryAt(join(folder, 'file/data'))),
    (error) => isAppError(error) && error.details.path === join(folder, 'file/data'),
  );
});
