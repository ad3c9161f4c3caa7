import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EtcFacts, planEtc } from './etc-plan.ts';
import type { RootEntry } from './root-plan.ts';

const valid: EtcFacts = {
  hostName: 'easycerts',
  cable: { cidr: '10.231.0.0/30', machineAddress: '10.231.0.1', sandboxAddress: '10.231.0.2', prefixLength: 30 },
  machineId: '0123456789abcdef0123456789abcdef',
  entries: [
    { name: 'ssl', kind: 'directory' },
    { name: 'ld.so.cache', kind: 'file' },
    { name: 'alternatives', kind: 'directory' },
    { name: 'os-release', kind: 'file', linkTarget: '../usr/lib/os-release' },
    { name: 'passwd', kind: 'file' },
    { name: 'shadow', kind: 'file' },
    { name: 'ssh', kind: 'directory' },
    { name: 'cni', kind: 'directory' },
    { name: 'kubernetes', kind: 'directory' },
    { name: 'containerd', kind: 'directory' },
    { name: 'rc2.d', kind: 'directory' },
    { name: 'mtab', kind: 'file', linkTarget: '../proc/self/mounts' },
  ],
  systemdEntries: ['system', 'journald.conf'],
  passwd: 'root:x:0:0:root:/root:/bin/sh\n',
  group: 'root:x:0:\n',
  hasOwnLibraries: false,
  dataEtc: '/data/etc',
};
const { entries, mounts } = planEtc(valid);
const links = new Map(entries.flatMap((entry) => (entry.kind === 'symlink' ? [[entry.path, entry.target]] : [])));
const contentOf = (path: string, from: readonly RootEntry[] = entries): string => {
  const found = from.find((entry) => entry.kind === 'file' && entry.path === path);
  assert.ok(found?.kind === 'file', `${path} is a file of ours`);
  return found.content;
};

test('the machine’s entries are links into its read-only /etc, its own links are repeated', () => {
  assert.equal(links.get('/etc/ssl'), '/.host/etc/ssl');
  assert.equal(links.get('/etc/os-release'), '../usr/lib/os-release');
  const machine = mounts.find(({ target }) => target === '/.host/etc');
  assert.deepEqual(machine?.options, ['bind', 'ro']);
});

for (const name of ['passwd', 'shadow', 'ssh', 'cni', 'kubernetes', 'containerd', 'rc2.d'])
  test(`/etc/${name} of the machine is not seen`, () => assert.equal(links.get(`/etc/${name}`), undefined));

test('secrets cannot be read through the machine’s /etc either', () => {
  const masked = mounts.filter(({ target }) => /^\/\.host\/etc\/./.test(target));
  assert.deepEqual(
    masked.map(({ target, source }) => [target, source]),
    [
      ['/.host/etc/shadow', '/.sandbox/empty-file'],
      ['/.host/etc/ssh', '/.sandbox/empty'],
    ],
  );
  assert.ok(
    mounts.findIndex(({ target }) => target === '/.host/etc') <
      mounts.findIndex(({ target }) => target === '/.host/etc/shadow'),
  );
});

test('what our services render lies in the data directory', () => {
  const writable = mounts.filter(({ options }) => !options.includes('ro'));
  assert.deepEqual(
    writable.map(({ source, target }) => [source, target]),
    ['easycerts', 'kubernetes', 'cni', 'systemd/system'].map((path) => [`/data/etc/${path}`, `/etc/${path}`]),
  );
  assert.equal(links.get('/etc/systemd/journald.conf'), '/.host/etc/systemd/journald.conf');
});

test('the host has a name, and the name an address', () => {
  assert.equal(contentOf('/etc/hostname'), 'easycerts\n');
  assert.match(contentOf('/etc/hosts'), /^10\.231\.0\.2 easycerts$/m);
  assert.match(contentOf('/etc/hosts'), /^127\.0\.0\.1 localhost$/m);
});

test('the master’s name leads to the sandbox', () => {
  const named = planEtc({ ...valid, masterName: 'api.kube.example' });
  assert.match(contentOf('/etc/hosts', named.entries), /^10\.231\.0\.2 easycerts api\.kube\.example$/m);
});

test('our users are added to the machine’s', () => {
  assert.match(contentOf('/etc/passwd'), /^root:x:0:/m);
  assert.match(contentOf('/etc/passwd'), /^easycerts-ca:x:\d+:\d+:/m);
});

test('the cache of libraries is the machine’s, unless there are more libraries', () => {
  assert.equal(links.get('/etc/ld.so.cache'), '/.host/etc/ld.so.cache');
  const own = planEtc({ ...valid, hasOwnLibraries: true });
  assert.ok(!own.entries.some(({ path }) => path === '/etc/ld.so.cache'));
});

test('no path is made twice', () => {
  const paths = entries.map(({ path }) => path);
  assert.deepEqual(paths, [...new Set(paths)]);
});
