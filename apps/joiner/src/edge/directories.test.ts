import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isAppError } from '@easycerts/core';
import { loadUsers } from '@easycerts/runtime';
import { makeDirectories } from './directories.ts';

const isRoot = process.geteuid?.() === 0;
const users = loadUsers();
let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'directories-'));
});
afterEach(() => rmSync(base, { recursive: true }));

function make(
  path: string,
  changes: { readonly mode?: number; readonly owner?: string; readonly group?: string } = {},
) {
  return makeDirectories([{ path: join(base, path), owner: 'root', group: 'root', mode: 0o700, ...changes }], users);
}

function modeOf(path: string): number {
  return statSync(join(base, path)).mode & 0o7777;
}

describe('makeDirectories', () => {
  it('makes a folder with its mode, and folders above it that others may enter', async () => {
    await make('a/b');
    assert.deepEqual([modeOf('a'), modeOf('a/b')], [0o755, 0o700]);
  });

  it('puts a wrong mode right, and leaves contents alone', async () => {
    mkdirSync(join(base, 'a'));
    writeFileSync(join(base, 'a/file'), 'x', { mode: 0o644 });
    chmodSync(join(base, 'a'), 0o777);
    await make('a', { mode: 0o2750 });
    assert.deepEqual([modeOf('a'), modeOf('a/file')], [0o2750, 0o644]);
  });

  it('gives it to its owner without losing the set-group-id bit', { skip: isRoot ? false : 'needs root' }, async () => {
    await make('a', { owner: '1234', group: '4321', mode: 0o2750 });
    const { gid, uid } = statSync(join(base, 'a'));
    assert.deepEqual([uid, gid, modeOf('a')], [1234, 4321, 0o2750]);
  });

  for (const [rule, prepare] of [
    ['a file', (path: string) => writeFileSync(path, 'x')],
    ['a link to a folder', (path: string) => symlinkSync('/etc', path)],
    ['a link to nothing', (path: string) => symlinkSync('/nonexistent', path)],
  ] as const) {
    it(`refuses ${rule} in its place, naming it`, async () => {
      prepare(join(base, 'a'));
      await assert.rejects(
        make('a'),
        (error) => isAppError(error, 'FAILED_PRECONDITION') && error.details.path === join(base, 'a'),
      );
      assert.equal(statSync('/etc').mode & 0o7777, 0o755);
    });
  }

  it('names an owner that does not exist', { skip: isRoot ? false : 'needs root' }, async () => {
    await assert.rejects(
      make('a', { owner: 'no-such-user' }),
      (error) => isAppError(error) && error.message.includes('no-such-user'),
    );
  });
});
