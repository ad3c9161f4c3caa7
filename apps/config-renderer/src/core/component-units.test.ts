import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseClusterConfig, pathsUnder, resolveDesiredState } from '@easycerts/cluster';
import { ableHost } from '@easycerts/cluster/testing';
import { componentUnits } from './component-units.ts';

const desired = resolveDesiredState(
  parseClusterConfig('roles: [master, node]\nmasterAddress: localhost', 'x'),
  ableHost,
  pathsUnder(''),
);
const files = componentUnits(desired.components, desired.paths);

test('every Kubernetes component has a unit, and none of our own services, whose units are packaged', () => {
  assert.deepEqual(
    files.map(({ path }) => path).sort(),
    [
      'containerd',
      'etcd',
      'flanneld',
      'kube-addon-manager',
      'kube-apiserver',
      'kube-controller-manager',
      'kube-proxy',
      'kube-scheduler',
      'kubelet',
    ].map((unit) => `/etc/systemd/system/${unit}.service`),
  );
});

test('units say that they are written by a program', () => {
  for (const { content, path } of files) assert.match(content, /^# Written by easycerts config-renderer/, path);
});

test('systemd-analyze finds nothing wrong with the units', (t) => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return t.skip('systemd-analyze is not installed');
  const directory = mkdtempSync(join(tmpdir(), 'units-'));
  try {
    for (const file of componentUnits(desired.components, { ...desired.paths, systemdUnits: directory })) {
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
