import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { abandonedGroups } from './group-record-file.ts';
import type { Host } from './host.ts';
import { type Hosts, openHosts, startHosts } from './hosts.ts';
import { removeGroupsBelow } from './remove-groups.ts';
import { whyNoHosts } from './why-no-hosts.ts';

const skip = await whyNoHosts(process.env);

describe('two hosts', { skip }, () => {
  const group = `test-${process.pid}`;
  const temporary = mkdtempSync(join(tmpdir(), 'easycerts-hosts-'));
  const folder = join(temporary, 'hosts');
  const owner = spawn('sleep', ['600'], { stdio: 'ignore' });
  let hosts: Hosts;
  let [m1, n1]: Host[] = [];
  const host = (found: Host | undefined): Host => found ?? assert.fail('no such host');

  before(async () => {
    writeFileSync(join(temporary, 'shared'), 'from the machine');
    const shares = [{ from: temporary, to: '/opt/shared' }];
    const { pid: ownerPid } = owner;
    assert.ok(ownerPid);
    hosts = await startHosts({ group, folder, hosts: ['m1', 'n1'], shares, ownerPid, env: process.env });
    [m1, n1] = hosts.all;
  });
  after(async () => {
    owner.kill('SIGKILL');
    await hosts?.down();
    rmSync(temporary, { recursive: true, force: true });
  });

  test('systemd is PID 1, nothing has failed, and neither Node.js nor anything of ours is there', async () => {
    assert.equal(await host(m1).mustExec(['cat', '/proc/1/comm']), 'systemd\n');
    assert.equal(await host(m1).mustExec(['systemctl', 'is-system-running']), 'running\n');
    assert.equal((await host(m1).exec(['sh', '-c', 'command -v node nodejs easycerts'])).stdout, '');
  });

  test('each has a name, an address and an identity of its own, and they reach each other by name', async () => {
    assert.equal(await host(n1).mustExec(['hostname']), 'n1\n');
    await host(m1).mustExec(['ping', '-c1', '-W2', 'n1']);
    assert.match(await host(n1).mustExec(['ip', '-4', '-brief', 'address', 'show', 'eth0']), /10\.77\.0\.11\/24/);
    const ids = await Promise.all(hosts.all.map((one) => one.mustExec(['cat', '/etc/machine-id'])));
    assert.equal(new Set(ids).size, 2);
    assert.equal((await hosts.outside(['ip', '-brief', 'link', 'show', 'br0'])).code, 0);
  });

  test('a command has standard input, user, exit code and a time limit', async () => {
    assert.equal(await host(n1).mustExec(['cat'], { input: 'through' }), 'through');
    assert.equal(await host(n1).mustExec(['id', '-un'], { user: 'nobody' }), 'nobody\n');
    assert.equal((await host(n1).exec(['sh', '-c', 'exit 7'])).code, 7);
    assert.equal((await host(n1).exec(['sleep', '60'], { timeoutMs: 100 })).code, 137);
    await assert.rejects(host(n1).mustExec(['false']), { code: 'INTERNAL' });
  });

  test('files go in, and are seen from the machine', async () => {
    await host(n1).copyIn(join(temporary, 'shared'), '/opt/a/b', 0o750);
    assert.equal(readFileSync(host(n1).file('/opt/a/b'), 'utf8'), 'from the machine');
    assert.equal(await host(n1).mustExec(['stat', '-c', '%a', '/opt/a/b']), '750\n');
    assert.equal(await host(n1).mustExec(['cat', '/opt/shared/shared']), 'from the machine');
    assert.notEqual((await host(n1).exec(['touch', '/opt/shared/x'])).code, 0);
  });

  test('the settings of the machine are out of reach', async () => {
    for (const path of ['/proc/sys/kernel/hostname', '/proc/sys/vm/swappiness', '/sys/kernel/mm/ksm/run']) {
      assert.notEqual(
        (await host(n1).exec(['sh', '-c', `cat ${path} > /tmp/x && cat /tmp/x > ${path}`])).code,
        0,
        path,
      );
    }
    const forwarding = '/proc/sys/net/ipv4/ip_forward';
    assert.equal(await host(n1).mustExec(['cat', forwarding]), '0\n', 'as a fresh kernel, not as the machine');
    await host(n1).mustExec(['sh', '-c', `echo 1 > ${forwarding}`]);
  });

  test('a cut cable cuts the host off, until it is whole again', async () => {
    await host(n1).disconnect();
    assert.notEqual((await host(m1).exec(['ping', '-c1', '-W1', 'n1'])).code, 0);
    await host(n1).reconnect();
    await host(m1).mustExec(['ping', '-c1', '-W2', 'n1']);
  });

  test('after a power failure, a halt and a reboot the disk is there, and what was in memory is not', async () => {
    const one = host(n1);
    await one.mustExec(['sh', '-c', 'echo kept > /var/lib/kept; touch /run/lost; ip link add x type bridge']);
    await one.kill();
    assert.equal(one.isRunning(), false);
    await assert.rejects(one.exec(['true']), { code: 'FAILED_PRECONDITION' });
    assert.equal(readFileSync(one.file('/var/lib/kept'), 'utf8'), 'kept\n');
    await one.boot();
    assert.equal(await one.mustExec(['cat', '/var/lib/kept']), 'kept\n');
    assert.notEqual((await one.exec(['ls', '/run/lost'])).code, 0);
    assert.notEqual((await one.exec(['ip', 'link', 'show', 'x'])).code, 0);
    assert.equal(await one.halt(), true);
    await one.boot();
    const bootId = await one.mustExec(['cat', '/proc/sys/kernel/random/boot_id']);
    await one.reboot();
    assert.notEqual(await one.mustExec(['cat', '/proc/sys/kernel/random/boot_id']), bootId);
  });

  test('another process finds the group again', async () => {
    assert.equal(await openHosts(group).host('m1').mustExec(['hostname']), 'm1\n');
    assert.throws(() => openHosts(group).host('n9'), { code: 'NOT_FOUND' });
    assert.throws(() => openHosts(`${group}-not`), { code: 'NOT_FOUND' });
  });

  test('a group whose owner is dead is known as left behind, and nothing of it is left when it is taken down', async () => {
    assert.ok(!abandonedGroups().includes(group));
    const ended = new Promise((resolve) => owner.once('exit', resolve));
    owner.kill('SIGKILL');
    await ended;
    assert.ok(abandonedGroups().includes(group));
    await removeGroupsBelow(join(temporary, 'elsewhere'));
    assert.equal(host(m1).isRunning(), true);
    await removeGroupsBelow(temporary);
    assert.equal(existsSync(folder), false);
    assert.deepEqual(globSync(`/run/netns/ec.${group}*`), []);
    assert.deepEqual(globSync(`/sys/fs/cgroup/{,*/}easycerts-hosts-${group}`), []);
    assert.equal(existsSync(`/run/easycerts-hosts/${group}.json`), false);
    await hosts.down();
  });
});
