/** The package as it is made: what is in it, and that its programs run without Node.js. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type BuiltPackage, ensurePackage } from '../src/index.ts';
import { builtPackage, whyNoPackage } from './built.ts';

describe('the package', { skip: whyNoPackage }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'easycerts-package-'));
  const root = join(folder, 'root');
  let built: BuiltPackage;
  before(async () => {
    built = await builtPackage();
    assert.equal(spawnSync('dpkg-deb', ['-R', built.path, root]).status, 0);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A program of the package, in an environment without anything of a developer. */
  const run = (name: string, words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { status, stderr, stdout } = spawnSync(join(root, 'usr/bin', name), words, {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', ...env },
    });
    return { status, stderr, stdout };
  };
  const deb = (...words: readonly string[]): string =>
    spawnSync('dpkg-deb', [...words, built.path], { encoding: 'utf8' }).stdout;

  test('is found again instead of being made twice', async () => {
    const again = await ensurePackage({ env: process.env });
    assert.deepEqual(again, { ...built, isFresh: true });
  });

  test('is the same, byte by byte, when it is made elsewhere and under another umask', async () => {
    const before = process.umask(0o077);
    try {
      const other = await ensurePackage({ env: process.env, folder: join(folder, 'other') });
      assert.equal(other.isFresh, false);
      assert.equal(other.sha256, built.sha256);
    } finally {
      process.umask(before);
    }
  });

  test('belongs to root, and nobody else may write anything of it', () => {
    const lines = spawnSync('dpkg-deb', ['-c', built.path], { encoding: 'utf8' }).stdout.trimEnd().split('\n');
    for (const line of lines) assert.match(line, /^(l|-rwxr-xr-x|-rw-r--r--|drwxr-xr-x)\S* root\/root /);
  });

  test('names every shared library that its program is linked with', () => {
    const { stdout, error } = spawnSync('readelf', ['-d', join(root, 'usr/lib/easycerts/easycerts')], {
      encoding: 'utf8',
    });
    if (error !== undefined) return;
    const depends = deb('-f').match(/^Depends: (.*)$/m)?.[1] ?? '';
    const packageOf: Readonly<Record<string, string>> = {
      libatomic: 'libatomic1',
      libstdc: 'libstdc++6',
      libgcc_s: 'libgcc-s1',
      libc: 'libc6',
      libm: 'libc6',
      libdl: 'libc6',
      libpthread: 'libc6',
      ld: 'libc6',
    };
    for (const [, library = ''] of stdout.matchAll(/\(NEEDED\).*\[([a-z_]+)[^\]]*\]/g)) {
      const needed = packageOf[library] ?? assert.fail(`${library} is in no package that we know`);
      assert.ok(depends.includes(needed), needed);
    }
  });

  test('has checksums that hold', () => {
    const { status, stdout } = spawnSync('md5sum', ['--quiet', '-c', 'DEBIAN/md5sums'], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
  });

  test('has scripts that a plain shell understands', () => {
    for (const name of ['postinst', 'prerm', 'postrm']) {
      const { status, stderr } = spawnSync('sh', ['-n', join(root, 'DEBIAN', name)], { encoding: 'utf8' });
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    }
  });

  test('has a program that tells its version, and needs no Node.js', () => {
    assert.deepEqual(run('easycerts', ['--version']), { status: 0, stderr: '', stdout: `${built.version}\n` });
    const [major] = JSON.parse(run('easycerts', ['version', '--json']).stdout).node.split('.');
    assert.equal(major, '26');
  });

  test('has names by which the program is that command', () => {
    for (const name of readdirSync(join(root, 'usr/bin'))) {
      const help = run(name, ['--help']);
      // the script of NixOS writes its usage to standard error, and so do we under its name
      assert.match(help.stdout + help.stderr, new RegExp(`^Usage: ${name}\\b`), name);
      assert.equal(run(name, ['--version']).stdout, `${built.version}\n`, name);
    }
  });

  test('has no command of the developers’ cluster', () => {
    for (const command of ['up', 'down', 'reset', 'shell', 'prepare', 'describe']) {
      const { status, stderr } = run('easycerts', [command]);
      assert.equal(status, 2, command);
      assert.match(stderr, /unknown command/);
    }
  });

  test('has services that say what is missing when they are started too early', () => {
    for (const [name, ...words] of [
      ['ca', 'run'],
      ['joiner', 'run'],
      ['certmgr', 'run'],
      ['config-renderer', 'apply'],
    ] as const) {
      const { status, stderr } = run(name, [...words, '--root', join(folder, 'empty')]);
      assert.notEqual(status, 0, name);
      assert.match(stderr, /^error: .*\n {2}do: /m, name);
    }
  });

  test('pays no attention to NODE_OPTIONS, and has no debugger that a signal could start', () => {
    assert.equal(run('easycerts', ['--version'], { NODE_OPTIONS: '--no-such-option' }).status, 0);
    assert.ok(readFileSync(join(root, 'usr/lib/easycerts/easycerts')).includes('--disable-sigusr1'));
  });

  test('has a page for every name', () => {
    for (const name of readdirSync(join(root, 'usr/bin'))) {
      const page = gunzipSync(readFileSync(join(root, `usr/share/man/man1/${name}.1.gz`))).toString();
      assert.ok(page.startsWith('.TH '), name);
    }
  });

  test('has completions that their shells understand', () => {
    const folders = {
      bash: 'bash-completion/completions',
      zsh: 'zsh/vendor-completions',
      fish: 'fish/vendor_completions.d',
    };
    for (const [shell, place] of Object.entries(folders)) {
      for (const file of readdirSync(join(root, 'usr/share', place))) {
        const { error, status } = spawnSync(shell, ['-n', join(root, 'usr/share', place, file)]);
        if (error === undefined) assert.equal(status, 0, file);
      }
    }
  });
});
