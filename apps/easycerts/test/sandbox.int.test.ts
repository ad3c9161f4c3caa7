/** The sandbox alone: what a program inside sees, and that the machine is as before afterwards. Needs root. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isAppError } from '@easycerts/core';
import { isRunning, waitUntil } from '@easycerts/runtime';
import { instanceOf } from '../src/core/instance.ts';
import { chooseCable } from '../src/edge/choose-cable.ts';
import { dataDirectoryAt, makeDataDirectory } from '../src/edge/data-directory.ts';
import { removeSandbox } from '../src/edge/remove-sandbox.ts';
import { readLiveSandbox } from '../src/edge/sandbox-record-file.ts';
import type { ProbeResult } from './sandbox-probe.ts';
import { whyNoSandbox } from './why-no-sandbox.ts';

const probeFile = join(dirname(fileURLToPath(import.meta.url)), 'sandbox-probe.ts');
const skip = whyNoSandbox();

/** What of the machine could be left changed, but for what others may do meanwhile. */
function machineState(dataDirectory: string): Readonly<Record<string, string>> {
  const { id, interfaceName, cgroupName } = instanceOf(dataDirectory);
  const ours = (text: string): string =>
    text
      .split('\n')
      .filter((line) => [id, interfaceName, cgroupName, dataDirectory].some((name) => line.includes(name)))
      .join('\n');
  return {
    interfaces: ours(execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' })),
    addresses: ours(execFileSync('ip', ['-o', 'address'], { encoding: 'utf8' })),
    routes: ours(execFileSync('ip', ['route'], { encoding: 'utf8' })),
    namespaces: ours(execFileSync('ip', ['netns'], { encoding: 'utf8' })),
    mounts: ours(readFileSync('/proc/self/mountinfo', 'utf8')),
    groups: ours(execFileSync('find', ['/sys/fs/cgroup', '-name', `*${id}*`], { encoding: 'utf8' })),
    forwarding: readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
    panic: readFileSync('/proc/sys/kernel/panic', 'utf8'),
    hostName: hostname(),
  };
}

describe('sandbox', { skip }, () => {
  const directory = join(realpathSync(mkdtempSync(join(tmpdir(), 'easycerts-sandbox-'))), 'data');
  after(() => rmSync(dirname(directory), { recursive: true, force: true }));
  const before = skip === false ? machineState(directory) : {};

  test('inside it is a host of its own; afterwards the machine is as before', () => {
    const result = JSON.parse(
      execFileSync(process.execPath, [probeFile, directory], { encoding: 'utf8' }),
    ) as ProbeResult;
    const { inside } = result;
    assert.deepEqual(Object.values(result.namespacesDiffer), Array(6).fill(true), 'six namespaces of its own');
    assert.equal(inside.pid, 1);
    assert.equal(inside.processes, 1, 'no process of the machine is seen');
    assert.equal(inside.hostName, 'easycerts');
    assert.ok(inside.addresses.includes(result.sandboxAddress));
    assert.match(inside.hosts, new RegExp(`^${RegExp.escape(result.sandboxAddress)} easycerts$`, 'm'));
    assert.ok(result.hadInterface);
    assert.ok(
      inside.cgroup.split('\n').every((line) => /:\/(init)?$/.test(line)),
      'its own group is the root of all',
    );
    assert.ok(inside.canMakeGroup, 'it can make groups');
    assert.ok(
      !inside.rootEntries.includes('.old') && !inside.rootEntries.includes('boot'),
      'the machine’s root is gone',
    );
    assert.ok(inside.usrIsReadOnly && inside.otherSysctlIsReadOnly, 'the machine cannot be changed');
    assert.ok(inside.panicIsPrivate && inside.netSysctlIsWritable, 'what a kubelet sets is its own');
    assert.equal(inside.panic, '10');
    assert.notEqual(inside.bootId, readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    assert.ok(inside.sharedMounts, 'mounts for pods reach their containers');
    assert.ok(inside.seesData);
    assert.ok(result.groupsDuring.every((exists) => exists));
    assert.ok(!result.groupsAfter.some((exists) => exists), 'nested groups are removed too');
    assert.deepEqual(machineState(directory), before);
  });

  test('the next start has the same address', async () => {
    const data = dataDirectoryAt(directory);
    const first = await chooseCable(data, []);
    assert.deepEqual(await chooseCable(data, []), first);
  });

  test('an interface of somebody else with our name is told, and left alone', async () => {
    const data = dataDirectoryAt(directory);
    makeDataDirectory(data);
    const name = data.instance.interfaceName;
    execFileSync('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`]);
    try {
      await removeSandbox(data);
      await assert.rejects(
        chooseCable(data, []),
        (error) => isAppError(error, 'FAILED_PRECONDITION') && error.message.includes(name),
      );
      assert.ok(existsSync(`/sys/class/net/${name}`));
    } finally {
      execFileSync('ip', ['link', 'delete', name]);
    }
  });

  test('killed all at once it leaves groups, and the next removal clears them', async () => {
    const data = dataDirectoryAt(directory);
    const factsFile = join(data.sandbox, 'shared/facts.json');
    rmSync(factsFile, { force: true });
    const killed = spawn(process.execPath, [probeFile, directory, 'hold'], { stdio: 'ignore' });
    assert.ok(await waitUntil(() => existsSync(factsFile), { timeoutMs: 20_000 }));
    const live = readLiveSandbox(data);
    assert.ok(live);
    killed.kill('SIGKILL');
    process.kill(live.init.pid, 'SIGKILL');
    assert.ok(await waitUntil(() => !isRunning(live.init), { timeoutMs: 5_000 }));
    assert.ok(live.groups.every((group) => existsSync(group)));
    await removeSandbox(data);
    assert.deepEqual(machineState(directory), before);
  });

  const v2 = (script: string): ProbeResult => {
    const mount = 'umount --recursive /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup';
    const text = execFileSync(
      'unshare',
      ['--mount', 'sh', '-c', script.replace('MOUNT', mount), process.execPath, probeFile, directory],
      {
        encoding: 'utf8',
      },
    );
    return JSON.parse(text) as ProbeResult;
  };

  test('cgroup v2: processes sit in a leaf, controllers come down, nothing stays', () => {
    const result = v2('MOUNT; exec "$0" "$@"');
    assert.match(result.inside.cgroup, /^0::\/init$/m);
    assert.deepEqual(result.inside.cgroupRoot, [], 'the root hands controllers down, so it holds no process');
    assert.ok(result.inside.canMakeGroup);
    assert.deepEqual(result.groupsAfter, [false]);
    assert.deepEqual(machineState(directory), before);
  });

  test('cgroup v2 in a container: the processes beside us move away, and back in the end', () => {
    const script = `MOUNT
      cd /sys/fs/cgroup; had=$(cat cgroup.subtree_control); mkdir easycerts-fake-container
      for name in $(cat cgroup.controllers); do echo +$name > cgroup.subtree_control; done
      echo 0 > easycerts-fake-container/cgroup.procs
      unshare --cgroup --mount sh -c '
        cd /; umount /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup
        "$0" "$@" && test ! -e /sys/fs/cgroup/*-machine && grep -q . /sys/fs/cgroup/cgroup.procs
      ' "$0" "$@"; code=$?
      echo 0 > cgroup.procs; rmdir easycerts-fake-container
      for name in $(cat cgroup.controllers); do
        case " $had " in *" $name "*) ;; *) echo -$name > cgroup.subtree_control ;; esac
      done; exit $code`;
    const result = v2(script);
    assert.ok(result.isEvacuated);
    assert.match(result.inside.cgroup, /^0::\/init$/m);
    assert.deepEqual(result.inside.cgroupRoot, []);
    assert.deepEqual(result.groupsAfter, [false]);
  });
});
