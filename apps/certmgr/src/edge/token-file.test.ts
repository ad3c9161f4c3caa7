import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { describe, type TestContext, test } from 'node:test';
import { encodeJoinToken, type JoinToken } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { temporaryDirectory } from '@easycerts/testing';
import { readTokenFile, removeTokenFile } from './token-file.ts';

const token: JoinToken = {
  endpoints: ['m1.example:7445'],
  id: '0123456789ab',
  secret: new Uint8Array(randomBytes(32)),
  pin: 'a'.repeat(64),
};
const other: JoinToken = { ...token, id: 'ba9876543210' };
const line = encodeJoinToken(token);

async function pathIn(t: TestContext): Promise<string> {
  const folder = await temporaryDirectory();
  t.after(() => folder.remove());
  return `${folder.path}/join-token`;
}

const write = (path: string, content: string, mode = 0o600) => writeFile(path, content, { mode });

describe('reading', () => {
  test('gives the token of a file that is ours alone, with or without a line feed', async (t) => {
    const path = await pathIn(t);
    for (const content of [line, `${line}\n`, `  ${line}\r\n`]) {
      await write(path, content);
      assert.deepEqual(await readTokenFile(path), token);
    }
    await chmod(path, 0o400);
    assert.deepEqual((await readTokenFile(path))?.id, token.id);
  });

  test('no file is no token', async (t) => assert.equal(await readTokenFile(await pathIn(t)), undefined));

  type Row = readonly [name: string, code: string, make: (path: string) => Promise<unknown>];
  const rows: readonly Row[] = [
    ...[0o640, 0o604, 0o620, 0o602, 0o644, 0o666, 0o610].map(
      (mode): Row => [
        `with mode ${mode.toString(8)}`,
        'FAILED_PRECONDITION',
        (path) => write(path, line).then(() => chmod(path, mode)),
      ],
    ),
    [
      'that is a symbolic link to one',
      'FAILED_PRECONDITION',
      (path) => write(`${path}.real`, line).then(() => symlink(`${path}.real`, path)),
    ],
    ['that is a symbolic link to nothing', 'FAILED_PRECONDITION', (path) => symlink('/nowhere', path)],
    ['that is a folder', 'FAILED_PRECONDITION', (path) => mkdir(path)],
    ['that is a pipe', 'FAILED_PRECONDITION', async (path) => execFileSync('mkfifo', ['-m', '600', path])],
    ['that is a device', 'FAILED_PRECONDITION', (path) => symlink('/dev/zero', path)],
    ['that is larger than any token', 'FAILED_PRECONDITION', (path) => write(path, line + ' '.repeat(9_000))],
    ['that is empty', 'INVALID_INPUT', (path) => write(path, '')],
    ['that is cut', 'INVALID_INPUT', (path) => write(path, line.slice(0, -1))],
    ['with two of them', 'INVALID_INPUT', (path) => write(path, `${line}\n${line}\n`)],
    ['with a key in it', 'INVALID_INPUT', (path) => write(path, '-----BEGIN PRIVATE KEY-----\nsecret\n')],
  ];
  for (const [name, code, make] of rows) {
    test(`refuses a file ${name}, at once, without saying what is in it`, { timeout: 10_000 }, async (t) => {
      const path = await pathIn(t);
      await make(path);
      await assert.rejects(readTokenFile(path), (error) => {
        assert.ok(isAppError(error));
        assert.equal(error.code, code);
        assert.ok((error.details.cure ?? '').length > 20);
        const told = JSON.stringify([error.message, error.details, String(error.stack)]);
        assert.ok(!told.includes('PRIVATE') && !told.includes(line.slice(5, 60)));
        return true;
      });
    });
  }

  test('refuses a file of another user', { skip: process.geteuid?.() !== 0 }, async (t) => {
    const path = await pathIn(t);
    await write(path, line);
    await chown(path, 65_534, 65_534);
    await assert.rejects(
      readTokenFile(path),
      (error) => isAppError(error, 'FAILED_PRECONDITION') && error.message.includes('65534'),
    );
  });
});

describe('removing', () => {
  test('takes the file away and overwrites what was in it', async (t) => {
    const path = await pathIn(t);
    await write(path, line);
    await link(path, `${path}.kept`);
    await removeTokenFile(path, token.id);
    assert.equal(existsSync(path), false);
    assert.ok((await readFile(`${path}.kept`)).every((byte) => byte === 0));
  });

  test('leaves a token that has come in the meantime', async (t) => {
    const path = await pathIn(t);
    await write(path, encodeJoinToken(other));
    await removeTokenFile(path, token.id);
    assert.deepEqual((await readTokenFile(path))?.id, other.id);
    await removeTokenFile(path);
    assert.equal(existsSync(path), false);
  });

  test('nothing there is fine', async (t) => removeTokenFile(await pathIn(t), token.id));

  test('does not follow a link: the file behind it is left alone', async (t) => {
    const path = await pathIn(t);
    await write(`${path}.real`, 'precious');
    await symlink(`${path}.real`, path);
    await assert.rejects(removeTokenFile(path), (error) => isAppError(error, 'FAILED_PRECONDITION'));
    assert.equal(await readFile(`${path}.real`, 'utf8'), 'precious');
  });
});
