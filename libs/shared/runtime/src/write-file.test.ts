import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { isAppError } from '@easycerts/core';
import { loadUsers } from './users.ts';
import { writeFileAtomically } from './write-file.ts';

const base = mkdtempSync(join(tmpdir(), 'write-file-'));
after(() => rmSync(base, { recursive: true, force: true }));

const options = { mode: 0o640, owner: 'root', group: 'root', users: loadUsers() };
const isRoot = process.geteuid?.() === 0;
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(base, 'case-'));
  path = join(directory, 'file.json');
});

describe('writeFileAtomically', () => {
  it('writes content and mode, and leaves nothing else behind', async () => {
    assert.equal(await writeFileAtomically(path, 'one', options), 'written');
    assert.equal(readFileSync(path, 'utf8'), 'one');
    assert.equal(statSync(path).mode & 0o7777, 0o640);
    assert.deepEqual(readdirSync(directory), ['file.json']);
  });

  it('sets the exact mode whatever the umask is', async () => {
    const before = process.umask(0o077);
    try {
      await writeFileAtomically(path, 'one', { ...options, mode: 0o666 });
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(path).mode & 0o7777, 0o666);
  });

  it('makes the folder', async () => {
    await writeFileAtomically(join(directory, 'a/b/c'), 'x', options);
    assert.equal(readFileSync(join(directory, 'a/b/c'), 'utf8'), 'x');
  });

  it('does not rewrite equal content', async () => {
    await writeFileAtomically(path, 'one', options);
    const { ino } = statSync(path);
    assert.equal(await writeFileAtomically(path, Buffer.from('one'), options), 'unchanged');
    assert.equal(statSync(path).ino, ino);
  });

  it('writes content in pieces, and none of it when they break off', async () => {
    async function* pieces(isWhole: boolean): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one ');
      yield new Uint8Array(2 ** 20).fill(0x61);
      if (!isWhole) throw new Error('no more');
      yield Buffer.from(' end');
    }
    assert.equal(await writeFileAtomically(path, pieces(true), options), 'written');
    const content = readFileSync(path, 'utf8');
    assert.equal(content, `one ${'a'.repeat(2 ** 20)} end`);
    await assert.rejects(writeFileAtomically(path, pieces(false), options), { message: /no more/ });
    assert.equal(readFileSync(path, 'utf8'), content);
    assert.deepEqual(readdirSync(directory), ['file.json']);
    assert.equal(await writeFileAtomically(path, pieces(true), options), 'written');
  });

  it('puts the mode of an unchanged file right', async () => {
    await writeFileAtomically(path, 'secret', options);
    chmodSync(path, 0o644);
    assert.equal(await writeFileAtomically(path, 'secret', { ...options, mode: 0o600 }), 'unchanged');
    assert.equal(statSync(path).mode & 0o7777, 0o600);
  });

  it('replaces by rename, so an open reader keeps the old content', async () => {
    await writeFileAtomically(path, 'one', options);
    const { ino } = statSync(path);
    assert.equal(await writeFileAtomically(path, 'two', options), 'written');
    assert.notEqual(statSync(path).ino, ino);
    assert.equal(readFileSync(path, 'utf8'), 'two');
  });

  it('replaces a symbolic link instead of writing through it', async () => {
    const victim = join(directory, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, path);
    assert.equal(await writeFileAtomically(path, 'precious', options), 'written');
    assert.throws(() => readlinkSync(path));
    await writeFileAtomically(path, 'other', options);
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
  });

  it('refuses to take the place of a folder, naming it', async () => {
    mkdirSync(path);
    await assert.rejects(writeFileAtomically(path, 'x', options), (error) => {
      assert.ok(isAppError(error, 'FAILED_PRECONDITION'));
      assert.equal(error.details.path, path);
      return true;
    });
  });

  it('removes what a writer that died left behind, and nothing younger or foreign', async () => {
    const dead = join(directory, '.file.json.0123456789ab.tmp');
    const alive = join(directory, '.file.json.ba9876543210.tmp');
    const foreign = join(directory, '.file.json.note.tmp');
    for (const file of [dead, alive, foreign]) writeFileSync(file, 'x');
    for (const file of [dead, foreign]) utimesSync(file, new Date(0), new Date(0));
    await writeFileAtomically(path, 'x', options);
    assert.deepEqual([existsSync(dead), existsSync(alive), existsSync(foreign)], [false, true, true]);
  });

  it('refuses an owner that does not exist before anything is written', async () => {
    const users = loadUsers({ passwdFile: '/dev/null', groupFile: '/dev/null', isRoot: true });
    await assert.rejects(writeFileAtomically(path, 'x', { ...options, owner: 'absent', users }), (error) =>
      isAppError(error, 'FAILED_PRECONDITION'),
    );
    assert.deepEqual(readdirSync(directory), []);
  });

  it('gives the file to its owner before it has its name', { skip: isRoot ? false : 'needs root' }, async () => {
    await writeFileAtomically(path, 'x', { ...options, owner: '1234', group: '4321' });
    assert.deepEqual([statSync(path).uid, statSync(path).gid], [1234, 4321]);
    await writeFileAtomically(path, 'x', options);
    assert.deepEqual([statSync(path).uid, statSync(path).gid], [0, 0]);
  });

  it('leaves the old file and nothing else when the disk is full', {
    skip: mayMount() ? false : 'needs root and mount namespaces',
  }, () => {
    // A file system of 64 KiB, in a mount namespace that ends with the process.
    const script = `
      import { writeFileAtomically } from ${JSON.stringify(join(import.meta.dirname, 'write-file.ts'))};
      import { loadUsers } from ${JSON.stringify(join(import.meta.dirname, 'users.ts'))};
      import { readdirSync, readFileSync } from 'node:fs';
      const options = { mode: 0o600, owner: 'root', group: 'root', users: loadUsers() };
      await writeFileAtomically('${directory}/f', 'old', options);
      const error = await writeFileAtomically('${directory}/f', 'x'.repeat(1_000_000), options).catch((e) => e);
      process.stdout.write(JSON.stringify({ code: error.code, path: error.details.path, cure: typeof error.details.cure,
        left: readdirSync('${directory}'), content: readFileSync('${directory}/f', 'utf8') }));`;
    const output = execFileSync(
      'unshare',
      [
        '--mount',
        '--propagation',
        'private',
        'sh',
        '-c',
        `mount -t tmpfs -o size=64k none ${directory} && exec "$0" --input-type=module -e "$1"`,
        process.execPath,
        script,
      ],
      { encoding: 'utf8' },
    );
    assert.deepEqual(JSON.parse(output), {
      code: 'NO_SPACE',
      path: `${directory}/f`,
      cure: 'string',
      left: ['f'],
      content: 'old',
    });
  });
});

function mayMount(): boolean {
  if (!isRoot) return false;
  try {
    execFileSync('unshare', ['--mount', '--propagation', 'private', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
