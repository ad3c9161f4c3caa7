import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseClusterConfig, pathsUnder, resolveDesiredState } from '@easycerts/cluster';
import { quoteArgument, systemdUnits, unitText } from './systemd-unit.ts';

const desired = resolveDesiredState(
  parseClusterConfig('roles: [master, node]\nmasterAddress: localhost', 'x'),
  {
    name: 'm1',
    roles: ['master', 'node'],
    addresses: ['192.0.2.10'],
    cgroups: 'v2',
    serviceManager: 'systemd',
    isRoot: true,
    mayWriteConntrackMax: true,
    maySetOomScore: true,
    snapshotter: 'overlayfs',
  },
  pathsUnder(''),
);

test('arguments reach the program as they are', () => {
  const rows: [string, string][] = [
    ['--a=b', '--a=b'],
    ['100%', '100%%'],
    ['$HOME', '$$HOME'],
    ['two words', '"two words"'],
    ['say "x"', '"say \\"x\\""'],
    ['back\\slash', '"back\\\\slash"'],
    ['a;b', '"a;b"'],
    ['', '""'],
  ];
  for (const [argument, quoted] of rows) assert.equal(quoteArgument(argument), quoted);
});

test('a unit names its program, its user, what comes before it, and never gives up', () => {
  const spec = desired.components.find(({ unit }) => unit === 'kube-apiserver') ?? assert.fail();
  const text = unitText(spec);
  assert.match(text, /^ExecStart=\/usr\/local\/bin\/kube-apiserver /m);
  assert.match(text, /^User=kubernetes$/m);
  assert.match(text, /^After=etcd\.service$/m);
  assert.match(text, /^Restart=always$/m);
  assert.match(text, /^NoNewPrivileges=yes$/m);
});

test('systemd-analyze finds nothing wrong with the units', (t) => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return t.skip('systemd-analyze is not installed');
  const directory = mkdtempSync(join(tmpdir(), 'units-'));
  try {
    for (const file of systemdUnits(desired.components, { ...desired.paths, systemdUnits: directory })) {
      writeFileSync(
        file.path,
        file.content.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true').replace(/^(User|Group)=.*$/gm, '$1=root'),
      );
      execFileSync('systemd-analyze', ['verify', '--man=no', file.path], { stdio: 'pipe' });
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
