/** Three hosts with nothing of ours; then our package, and nothing else. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ensurePackage } from '@easycerts/package';
import { step } from '../../src/step.ts';
import { allIn, cluster, failedUnits, ownUnits, unitStates } from './cluster.ts';

const deb = '/opt/easycerts.deb';

/** How it may be installed, a way for each host. */
const installers: Readonly<Record<string, readonly string[]>> = {
  m1: ['dpkg', '--install', deb],
  n1: ['apt-get', 'install', '--yes', deb],
  n2: ['apt', 'install', '--yes', deb],
};

/** Names by which the executable can be called. */
const names = ['easycerts', 'ca', 'certmgr', 'config-renderer', 'joiner'];
/** As NixOS' script of this name: no arguments at all, and its usage for those who give one. */
const scriptName = 'nixos-kubernetes-node-join';

/** The most exposure that `systemd-analyze security` may see: strict where keys are kept, less where the host is managed. */
const mostExposed: Readonly<Record<string, number>> = {
  ...Object.fromEntries(ownUnits.map((unit) => [unit, 5])),
  'easycerts-nats': 3,
  'easycerts-ca': 3,
};

step('installed from our package and nothing else', cluster, () => {
  let path = '';
  before(async () => {
    await cluster.start();
    path = (await ensurePackage({ env: process.env })).path;
  });

  for (const name of cluster.hosts) {
    test(`${name} runs systemd, and has neither Node.js nor anything of ours`, async () => {
      const host = cluster.host(name);
      assert.equal(await host.mustExec(['systemctl', 'is-system-running']), 'running\n');
      assert.equal(
        (await host.exec(['sh', '-c', `command -v node nodejs npm ${names.join(' ')} ${scriptName}`])).stdout,
        '',
      );
      assert.equal(
        (await host.exec(['sh', '-c', 'ls -d /etc/easycerts /var/lib/easycerts /usr/lib/easycerts'])).stdout,
        '',
      );
      assert.equal((await host.exec(['sh', '-c', 'getent passwd | grep easycerts'])).stdout, '');
    });
  }

  test('hosts reach each other by name', async () => {
    for (const from of cluster.all()) {
      for (const to of cluster.hosts) await from.mustExec(['ping', '-c1', '-W2', to]);
    }
  });

  test('the package installs without a network, as dpkg and as apt do it', async () => {
    await Promise.all(
      cluster.all().map(async (host) => {
        await host.copyIn(path, deb);
        const words = installers[host.name] ?? assert.fail(host.name);
        await host.mustExec(['env', 'DEBIAN_FRONTEND=noninteractive', ...words], { timeoutMs: 120_000 });
        assert.match(await host.mustExec(['dpkg', '--status', 'easycerts']), /^Status: install ok installed$/m);
        await host.mustExec(['dpkg', '--verify', 'easycerts']);
      }),
    );
  });

  for (const name of cluster.hosts) {
    test(`${name}: every name works without Node.js`, async () => {
      const host = cluster.host(name);
      for (const program of names) {
        assert.match(await host.mustExec([program, '--help']), /Usage: /, program);
      }
      const { code, stdout, stderr } = await host.exec([scriptName, '--help']);
      assert.equal(code, 1);
      assert.match(stdout + stderr, /Usage: nixos-kubernetes-node-join/);
      assert.equal((await host.exec(['sh', '-c', 'command -v node nodejs npm'])).stdout, '');
    });

    test(`${name}: the units are there, none runs, and none has failed`, async () => {
      const host = cluster.host(name);
      const files = await host.mustExec(['systemctl', 'list-unit-files', '--plain', '--no-legend', 'easycerts-*']);
      const listed = files.split('\n').flatMap((line) => line.split(/\.service\s/)[0] || []);
      assert.deepEqual(listed.sort(), [...ownUnits].sort());
      assert.deepEqual(await unitStates(name, ownUnits), allIn('inactive', ownUnits));
      assert.deepEqual(await failedUnits(name), []);
    });
  }

  test('nobody but their owners can write what the package brought, and no file raises rights', async () => {
    const host = cluster.host('m1');
    const list =
      'dpkg --listfiles easycerts | while read -r path; do [ -L "$path" ] || stat -c "%a %U %F %n" "$path"; done';
    const lines = (await host.mustExec(['sh', '-c', list])).trim().split('\n');
    assert.ok(lines.length > names.length);
    for (const line of lines) {
      const [mode = '', owner, kind] = line.split(' ');
      assert.equal(owner, 'root', line);
      assert.equal(Number.parseInt(mode, 8) & 0o022, 0, line);
      if (kind !== 'directory') assert.equal(Number.parseInt(mode, 8) & 0o7000, 0, line);
    }
  });

  test('systemd rates every service as little exposed', async () => {
    const host = cluster.host('m1');
    for (const [unit, most] of Object.entries(mostExposed)) {
      const { stdout } = await host.exec(['systemd-analyze', 'security', '--no-pager', `${unit}.service`]);
      const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
      assert.ok(exposure !== undefined && Number(exposure) <= most, `${unit}: ${exposure}, at most ${most}`);
    }
  });
});
