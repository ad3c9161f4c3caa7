import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { findCniFolder, findHostPrograms, findResolvConf, foldersWith } from './host-programs.ts';

const base = mkdtempSync(join(tmpdir(), 'host-programs-'));
after(() => rmSync(base, { recursive: true, force: true }));

/** A machine made of files, each executable. */
function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(base, 'machine-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode: 0o755 });
  }
  return root;
}

test('a program is taken from the first folder that has it; a file that cannot be run is none', async () => {
  const root = machine({ 'one/runc': '', 'two/runc': '', 'two/containerd': '' });
  writeFileSync(join(root, 'one/nft'), '', { mode: 0o644 });
  const folders = [join(root, 'none'), join(root, 'one'), join(root, 'two')];
  assert.deepEqual(await findHostPrograms(folders), {
    containerd: join(root, 'two/containerd'),
    runc: join(root, 'one/runc'),
  });
});

test('binDir comes before the folders of the system', () => {
  assert.equal(foldersWith('/opt/k8s')[0], '/opt/k8s');
  assert.ok(foldersWith('/opt/k8s').includes('/usr/sbin'));
  assert.ok(foldersWith(undefined).includes('/usr/bin'));
});

test('CNI plugins are where the plugin bridge is', async () => {
  const root = machine({ 'debian/bridge': '', 'upstream/other': '' });
  assert.equal(await findCniFolder([join(root, 'upstream'), join(root, 'debian')]), join(root, 'debian'));
  assert.equal(await findCniFolder([join(root, 'upstream')]), undefined);
});

const stub = '# stub\nnameserver 127.0.0.53\noptions edns0\n';
const rows: readonly [string, Readonly<Record<string, string>>, string][] = [
  ['a host with name servers', { 'etc/resolv.conf': 'search x\nnameserver 192.0.2.53\n' }, 'etc/resolv.conf'],
  ['a host with an IPv6 name server', { 'etc/resolv.conf': 'nameserver fe80::1%eth0\n' }, 'etc/resolv.conf'],
  [
    'a host with systemd-resolved',
    { 'etc/resolv.conf': stub, 'run/systemd/resolve/resolv.conf': 'nameserver 192.0.2.53\n' },
    'run/systemd/resolve/resolv.conf',
  ],
  [
    'a host with name servers of its own choice besides systemd-resolved',
    { 'etc/resolv.conf': 'nameserver 192.0.2.1\n', 'run/systemd/resolve/resolv.conf': 'nameserver 192.0.2.53\n' },
    'etc/resolv.conf',
  ],
  [
    'a host that knows no other',
    { 'etc/resolv.conf': stub, 'run/systemd/resolve/resolv.conf': '# none\n' },
    'etc/resolv.conf',
  ],
  ['a host with an empty file', { 'etc/resolv.conf': '' }, 'etc/resolv.conf'],
  ['a host without any', {}, ''],
];
for (const [what, files, expected] of rows) {
  test(`pods ask the name servers of ${what}`, async () => {
    const root = machine(files);
    const found = await findResolvConf(join(root, 'etc'), join(root, 'run'));
    assert.equal(found, expected === '' ? '' : join(root, expected));
  });
}
