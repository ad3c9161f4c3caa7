/** The package's life on a host, with the real dpkg, on a copy of this machine that is gone afterwards. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packagedDirectories } from '@easycerts/cluster';
import { builtPackage, whyNoPackage } from './built.ts';

/** Needs root, and a kernel and container that allow overlayfs. */
function whyNoCopy(): string | false {
  if (process.getuid?.() !== 0) return 'only root can copy the machine';
  const script =
    'mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w && mount -t overlay o -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt';
  const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', script]);
  return status !== 0 && 'no overlayfs here';
}

describe('the package on a host', { skip: whyNoPackage || whyNoCopy() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'easycerts-install-'));
  let sections: ReadonlyMap<string, string>;
  const said = (name: string): string => sections.get(name) ?? assert.fail(`there is no section ${name}`);
  before(async () => {
    const { path } = await builtPackage();
    const script = join(import.meta.dirname, 'lifecycle.sh');
    const words = ['--mount', '--pid', '--fork', '--kill-child', 'sh', script, folder, path];
    const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
    sections = new Map(
      stdout.split(/^== /m).map((text) => [text.split('\n')[0] ?? '', text.slice(text.indexOf('\n') + 1)] as const),
    );
    assert.ok(sections.has('end'), stdout + stderr);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('what is installed is what the checksums say', () => assert.equal(said('verify'), ''));

  test('folders have their owners and modes, and that of the CA is left to `ca init`', () => {
    for (const { path, owner, group, mode } of packagedDirectories()) {
      assert.ok(said('folders').includes(`${mode.toString(8)} ${owner} ${group} ${path}\n`), path);
    }
    assert.doesNotMatch(said('folders'), /easycerts\/ca\n/);
  });

  test('users are there, without home and shell', () => {
    const lines = said('users').trimEnd().split('\n');
    assert.equal(lines.length, 4);
    for (const line of lines.slice(0, 2)) assert.match(line, /^[\w-]+:\/nonexistent:\/usr\/sbin\/nologin$/);
  });

  test('systemd understands the units', () => assert.equal(said('units'), ''));

  test('its commands run', () => assert.match(said('run'), /^\d+\.\d+\.\d+\n$/));

  test('an upgrade keeps keys, and what a person has changed', () => assert.match(said('upgrade'), /^1$/m));

  test('removing keeps keys and configuration', () => {
    assert.match(said('remove'), /^key\n\/etc\/easycerts\n/m);
  });

  test('a purge that nobody asked more of keeps keys and says so, but no logs', () => {
    assert.match(said('purge'), /\/var\/lib\/easycerts was kept/);
    assert.equal(said('purged'), 'key\n/var/lib/easycerts\n');
  });

  test('a purge with keys leaves nothing', () => {
    assert.equal(said('purged with keys'), '');
    assert.equal(sections.get('purge by debconf') ?? '', '');
  });

  test('without debconf a purge keeps keys', () => assert.equal(said('purge without debconf'), '/var/lib/easycerts\n'));
});
