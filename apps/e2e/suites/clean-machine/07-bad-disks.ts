/** A disk that is full or cannot be written: one message with the path, and nothing half written. */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { before, test } from 'node:test';
import { authorityNames } from '@easycerts/cluster';
import { cluster } from '../../src/cluster.ts';
import type { Ended } from '../../src/run-command.ts';
import { describe, runCommand } from '../../src/run-command.ts';
import { step } from '../../src/step.ts';
import { assertRefused, ensureStarted, machine } from './cluster.ts';

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

interface OnDisk {
  readonly said: string;
  readonly code: number;
  /** Paths and sizes. */
  readonly files: readonly string[];
}

const config =
  'mkdir -p /mnt/etc/easycerts && printf "roles: [master, node]\\nmasterAddress: localhost\\n" > /mnt/etc/easycerts/cluster.yaml';
const look = "echo \"code $?\"; find /mnt -type f ! -name '*.lock' ! -name filler -printf '%p %s\\n' | sort; echo ----";

/** Runs our own commands on a disk of their own below /mnt, inside the running cluster, where their users exist. */
async function onDisk(...commands: readonly string[]): Promise<readonly OnDisk[]> {
  const script = ['mount -t tmpfs -o size=4m none /mnt', config, ...commands.map((words) => `${words}; ${look}`)].join(
    '\n',
  );
  const ended = await machine.exec(['unshare', '--mount', 'sh', '-c', `(${script}) 2>&1`]);
  assert.equal(ended.code, 0, describe(ended));
  return ended.stdout
    .split('----\n')
    .slice(0, -1)
    .map((part) => {
      const [said = '', rest = ''] = part.split(/^code /m);
      const [code = '', ...files] = rest.trim().split('\n');
      return { said, code: Number(code), files };
    });
}

const full = 'dd if=/dev/zero of=/mnt/filler bs=4k 2>/dev/null;';
const enough = 'rm /mnt/filler;';

step('bad disks under our own commands', machine, () => {
  before(ensureStarted);

  test('ca init on a full disk makes nothing, and everything when there is space', async () => {
    const [before, failed, made] = await onDisk('true', `${full} ca init --root /mnt`, `${enough} ca init --root /mnt`);
    assert.match(failed?.said ?? '', /no space left/i);
    assert.match(failed?.said ?? '', /free some space/);
    assert.equal(failed?.code, 1);
    assert.deepEqual(failed?.files ?? [], before?.files ?? ['?']);
    assert.equal(made?.code, 0, made?.said ?? '');
    assert.ok(made?.files.some((line) => line.includes('authorities/kubernetes/ca.key')));
  });

  test('ca init does not overwrite a CA', async () => {
    const hash = 'sha256sum /mnt/var/lib/easycerts/ca/authorities/*/ca.key';
    const [first, second] = await onDisk(`ca init --root /mnt > /dev/null; ${hash}`, `ca init --root /mnt; ${hash}`);
    assert.equal(first?.said.trim().split('\n').length, authorityNames.length);
    assert.match(second?.said ?? '', /has a CA/);
    assert.ok(second?.said.endsWith(first?.said ?? '?'));
  });

  test('config-renderer apply on a full disk changes nothing, and writes everything when there is space', async () => {
    const apply = 'config-renderer apply --root /mnt';
    const [before, failed, made] = await onDisk('ca init --root /mnt', `${full} ${apply}`, `${enough} ${apply}`);
    assert.match(failed?.said ?? '', /no space left/i);
    assert.equal(failed?.code, 1);
    assert.deepEqual(failed?.files ?? [], before?.files ?? ['?']);
    assert.equal(made?.code, 0, made?.said ?? '');
    assert.ok(made?.files.some((line) => line.includes('components.d/kube-apiserver.json')));
  });

  test('a read-only disk is told by each of them', async () => {
    const remount = (mode: 'ro' | 'rw'): string => `mount -o remount,${mode} /mnt;`;
    const [init, , apply] = await onDisk(
      `${remount('ro')} ca init --root /mnt`,
      `${remount('rw')} ca init --root /mnt`,
      `${remount('ro')} config-renderer apply --root /mnt`,
    );
    for (const ended of [init, apply]) {
      assert.match(ended?.said ?? '', /read-only/i);
      assert.equal(ended?.code, 1);
    }
  });
});
