import assert from 'node:assert/strict';
import { appendFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { TemporaryDirectory } from '@easycerts/testing';
import { silentLogger, temporaryDirectory } from '@easycerts/testing';
import { createLogTail } from './log-tail.ts';

let folder: TemporaryDirectory;
let file: string;
let stateFile: string;
let lines: string[];
beforeEach(async () => {
  folder = await temporaryDirectory();
  file = join(folder.path, 'nats.log');
  stateFile = join(folder.path, 'position.json');
  lines = [];
});
afterEach(() => folder.remove());

/** A reader as a new process has it. */
function tail(
  onLines = async (more: readonly string[]): Promise<void> => void lines.push(...more),
): () => Promise<void> {
  return createLogTail({ file, stateFile, onLines, logger: silentLogger() });
}

test('a log that is not there yet is nothing, then read from its beginning', async () => {
  const read = tail();
  await read();
  await writeFile(file, 'a\nb\n');
  await read();
  assert.deepEqual(lines, ['a', 'b']);
});

test('a line is read when it is whole', async () => {
  const read = tail();
  await writeFile(file, 'a\nhal');
  await read();
  assert.deepEqual(lines, ['a']);
  await appendFile(file, 'f\n');
  await read();
  assert.deepEqual(lines, ['a', 'half']);
});

test('a restart goes on where it was', async () => {
  await writeFile(file, 'a\n');
  await tail()();
  await appendFile(file, 'b\n');
  await tail()();
  assert.deepEqual(lines, ['a', 'b']);
  assert.equal((await stat(stateFile)).mode & 0o777, 0o600);
});

test('a rotation loses nothing, also while nobody looked', async () => {
  await writeFile(file, 'a\n');
  await tail()();
  await appendFile(file, 'b\n');
  await rename(file, `${file}.2020.01.01.12.00.00.000000000`);
  await writeFile(file, 'c\n');
  const read = tail();
  await read();
  await appendFile(file, 'd\n');
  await read();
  assert.deepEqual(lines, ['a', 'b', 'c', 'd']);
});

test('when the renamed log is gone, the new one is read from its beginning', async () => {
  await writeFile(file, 'a\nb\n');
  await tail()();
  const other = `${file}.new`;
  await writeFile(other, 'c\n');
  await rename(other, file);
  await tail()();
  assert.deepEqual(lines, ['a', 'b', 'c']);
});

test('a log that was cut short is read from its beginning', async () => {
  await writeFile(file, 'a\nb\n');
  const read = tail();
  await read();
  await truncate(file, 0);
  await appendFile(file, 'c\n');
  await read();
  assert.deepEqual(lines, ['a', 'b', 'c']);
});

test('while the log is away after a rotation, the position is kept', async () => {
  await writeFile(file, 'a\n');
  const read = tail();
  await read();
  await rename(file, `${file}.old`);
  await read();
  await writeFile(file, 'b\n');
  await read();
  assert.deepEqual(lines, ['a', 'b']);
});

for (const content of ['', '{', 'null', '[]', '{"inode":"x","offset":0}', '{"inode":1}', '{"inode":1.5,"offset":-5}']) {
  test(`a damaged position means from the beginning: ${content}`, async () => {
    await writeFile(stateFile, content);
    await writeFile(file, 'a\n');
    await tail()();
    assert.deepEqual(lines, ['a']);
  });
}

test('lines that could not be handed over are handed over again', async () => {
  await writeFile(file, 'a\n');
  let isAway = true;
  const read = tail(async (more) => {
    if (isAway) throw new Error('away');
    lines.push(...more);
  });
  await assert.rejects(read(), /away/);
  isAway = false;
  await read();
  assert.deepEqual(lines, ['a']);
});

test('of a log that grew for ever only the newest part is read', async () => {
  await writeFile(file, `${'x'.repeat(99)}\n`.repeat(120_000));
  await appendFile(file, 'last\n');
  await tail()();
  assert.equal(lines.at(-1), 'last');
  assert.ok(lines.length < 90_000);
});

test('an endless line is cut, and what follows is read', async () => {
  await writeFile(file, `${'x'.repeat(600_000)}\nnext\n`);
  await tail()();
  assert.equal(lines.at(-1), 'next');
  assert.ok(lines.every((line) => line.length <= 256 * 1024));
});

test('nothing new writes nothing', async () => {
  await writeFile(file, 'a\n');
  const read = tail();
  await read();
  await rm(stateFile);
  await read();
  await assert.rejects(stat(stateFile));
});
