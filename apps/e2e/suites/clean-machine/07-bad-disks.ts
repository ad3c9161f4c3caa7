/** A disk that is full or cannot be written: one message with the path, and nothing half written. */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { cluster } from '../../src/cluster.ts';
import type { Ended } from '../../src/run-command.ts';
import { describe, runCommand } from '../../src/run-command.ts';
import { step } from '../../src/step.ts';
import { assertRefused, machine } from './cluster.ts';

const disk = cluster('bad-disk');

/** Runs a script with mounts of its own, which go with it. */
function withMounts(script: string): Promise<Ended> {
  mkdirSync(disk.data, { recursive: true });
  return runCommand(['unshare', '--mount', 'sh', '-c', script], { env: { ...disk.env, DATA: disk.data } });
}

const start = 'npm start --silent -- --detach --timeout 90s';

step('bad disks under a start', disk, () => {
  test('a full disk', async () => {
    const ended = await withMounts(`mount -t tmpfs -o size=16k none "$DATA" && ${start}`);
    assertRefused(ended, { code: 1, says: [/no space left/i, disk.data, /free some space/] });
  });

  test('a read-only disk', async () => {
    const ended = await withMounts(`mount -t tmpfs -o ro none "$DATA" && ${start}`);
    assertRefused(ended, { code: 1, says: [/read-only/i, disk.data] });
  });

  test('a folder in the way of the data directory', async () => {
    const ended = await withMounts(`mount -t tmpfs none "$DATA" && echo x > "$DATA/file" && ${start}`);
    assertRefused(ended, { code: 1, says: [disk.data, '--data-dir'] });
  });
});

/** Our own commands on a small disk below /mnt, inside a running cluster, where their users exist. */
async function onSmallDisk(sizes: readonly string[], words: string): Promise<readonly string[]> {
  const config =
    'mkdir -p /mnt/etc/easycerts && printf "roles: [master, node]\\nmasterAddress: localhost\\n" > /mnt/etc/easycerts/cluster.yaml';
  const attempts = sizes.map(
    (size) =>
      `mount -o remount,size=${size} /mnt; ${words}; echo "code $?"; find /mnt -type f -printf '%p %s\\n' | sort; echo ----`,
  );
  const script = [`mount -t tmpfs -o size=16k none /mnt`, config, ...attempts].join('\n');
  const { stdout, stderr, code, command } = await machine.exec(['unshare', '--mount', 'sh', '-c', `(${script}) 2>&1`]);
  assert.equal(code, 0, describe({ command, code, stdout, stderr }));
  return stdout.split('----\n').slice(0, -1);
}

step('bad disks under our own commands', machine, () => {
  test('ca init on a full disk makes no CA, and makes one when there is space', async () => {
    const [full = '', enough = ''] = await onSmallDisk(['24k', '8m'], 'ca init --root /mnt');
    assert.match(full, /no space left/i);
    assert.match(full, /free some space/);
    assert.match(full, /code 1/);
    assert.doesNotMatch(full, / 0$/m, 'an empty file is left');
    assert.match(enough, /code 0/);
    assert.match(enough, /authorities\/kubernetes\/ca\.key/);
  });

  test('ca init does not overwrite a CA', async () => {
    const [first = '', second = ''] = await onSmallDisk(
      ['8m', '8m'],
      'ca init --root /mnt; sha256sum /mnt/var/lib/easycerts/ca/authorities/*/ca.key; true',
    );
    const hashes = (text: string): readonly string[] => text.match(/^[0-9a-f]{64} /gm) ?? [];
    assert.equal(hashes(first).length, 4);
    assert.deepEqual(hashes(second), hashes(first));
    assert.match(second, /exists|already/i);
  });

  test('config-renderer apply on a full disk changes nothing, and everything when there is space', async () => {
    const [full = '', enough = ''] = await onSmallDisk(['24k', '8m'], 'config-renderer apply --root /mnt');
    assert.match(full, /no space left/i);
    assert.match(full, /code 1/);
    assert.doesNotMatch(full, / 0$/m, 'an empty file is left');
    assert.match(enough, /code 0/);
    assert.match(enough, /components\.d\/kube-apiserver\.json/);
  });

  test('a read-only disk is told by each of them', async () => {
    for (const words of ['ca init --root /mnt', 'config-renderer apply --root /mnt']) {
      const [said = ''] = await onSmallDisk(['8m'], `mount -o remount,ro /mnt; ${words}`);
      assert.match(said, /read-only/i);
      assert.match(said, /code 1/);
    }
  });
});
