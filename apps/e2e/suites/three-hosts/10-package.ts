/** The package is replaced, removed, installed again and purged on hosts that work. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { ensurePackage } from '@easycerts/package';
import { eventually } from '../../src/eventually.ts';
import { listIssued } from '../../src/issued.ts';
import { step } from '../../src/step.ts';
import { allIn, cluster, master, masterUnits, nodeComponents, nodesReady, nodeUnits, unitStates } from './cluster.ts';

const deb = '/opt/easycerts.deb';
const nextDeb = '/opt/easycerts-next.deb';
const controlPlane = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
const identityKey = '/var/lib/easycerts/host/tls.key';

step('the package comes and goes, the cluster stays', cluster, () => {
  let serials: readonly string[] = [];
  before(async () => {
    const { path } = await ensurePackage({ env: process.env, version: '0.1.0+next' });
    await Promise.all(cluster.all().map((host) => host.copyIn(path, nextDeb)));
    await nodesReady(cluster.hosts);
    serials = await issuedSerials();
  });

  test('n1: an upgrade puts the agent in the place of the three services that an earlier version ran', async () => {
    const host = cluster.host('n1');
    const three = ['easycerts-certmgr', 'easycerts-config-renderer', 'easycerts-joiner'];
    await host.mustExec(['systemctl', 'disable', '--now', ...nodeUnits]);
    await host.mustExec(['systemctl', 'enable', '--now', ...three]);
    const theirs = await pidsOf('n1', nodeComponents);
    await install('n1', deb);
    assert.deepEqual(await unitStates('n1', [...three, ...nodeUnits]), {
      ...allIn('inactive', three),
      ...allIn('active', nodeUnits),
    });
    const { stdout } = await host.exec(['systemctl', 'is-enabled', ...nodeUnits, ...three]);
    assert.deepEqual(stdout.trim().split('\n'), ['enabled', 'disabled', 'disabled', 'disabled']);
    assert.deepEqual(await pidsOf('n1', nodeComponents), theirs);
    await nodesReady(['n1']);
  });

  for (const [name, components] of [
    ['n1', nodeComponents],
    [master, [...controlPlane, ...nodeComponents]],
  ] as const) {
    test(`${name}: an upgrade starts our services again and leaves Kubernetes’ components alone`, async () => {
      const own = name === master ? masterUnits : nodeUnits;
      const [theirs, ours] = [await pidsOf(name, components), await pidsOf(name, own)];
      await install(name, nextDeb);
      assert.deepEqual(await unitStates(name, own), allIn('active', own));
      assert.deepEqual(await pidsOf(name, components), theirs);
      const later = await pidsOf(name, own);
      for (const unit of own) assert.notEqual(later[unit], ours[unit], unit);
      const status = await cluster.host(name).mustExec(['dpkg', '--status', 'easycerts']);
      assert.match(status, /^Version: 0\.1\.0\+next$/m);
      await nodesReady([name]);
    });
  }

  test('removed from a node, its keys stay and its pods run; installed again, it is the same host', async () => {
    const host = cluster.host('n1');
    const key = await digestOf(identityKey);
    const kubelet = await pidsOf('n1', ['kubelet']);
    await host.mustExec(['dpkg', '--remove', 'easycerts'], { timeoutMs: 120_000 });
    assert.deepEqual(await unitStates('n1', nodeUnits), allIn('inactive', nodeUnits));
    assert.deepEqual(await pidsOf('n1', ['kubelet']), kubelet);
    assert.equal(await digestOf(identityKey), key);
    await install('n1', deb);
    await host.mustExec(['joiner', 'join'], { timeoutMs: 120_000 });
    await nodesReady(['n1']);
    assert.equal(await digestOf(identityKey), key);
    assert.deepEqual(await pidsOf('n1', ['kubelet']), kubelet);
  });

  test('nothing was issued for any of this', async () => {
    assert.deepEqual(await issuedSerials(), serials);
  });

  test('purging a host that has left keeps no state that the package made; keys only where they were asked for', async () => {
    const host = cluster.host('n2');
    await host.mustExec(['joiner', 'leave'], { timeoutMs: 180_000 });
    await host.mustExec([
      'sh',
      '-c',
      'install -d -m 0700 /var/lib/easycerts/kept && echo key > /var/lib/easycerts/kept/key',
    ]);
    await host.mustExec(['dpkg', '--purge', 'easycerts'], { timeoutMs: 120_000 });
    assert.equal(await host.mustExec(['cat', '/var/lib/easycerts/kept/key']), 'key\n');
    await install('n2', deb);
    await host.mustExec(['touch', '/etc/easycerts/purge-keys']);
    await host.mustExec(['dpkg', '--purge', 'easycerts'], { timeoutMs: 120_000 });
    assert.equal(
      (await host.exec(['sh', '-c', 'ls -d /var/lib/easycerts /etc/easycerts /usr/lib/easycerts'])).stdout,
      '',
    );
    await install('n2', deb);
    const token = await cluster.mustExec(['ca', 'token', 'create', '--role', 'node', '--name', 'n2']);
    await host.mustExec(['joiner', 'join'], { input: token, timeoutMs: 300_000 });
    await nodesReady(['n2']);
  });
});

async function install(name: string, path: string): Promise<void> {
  const words = ['env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg', '--install', path];
  await cluster.host(name).mustExec(words, { timeoutMs: 180_000 });
  await eventually(`${name} has no unit that is starting`, async () => {
    const { stdout } = await cluster.host(name).exec(['systemctl', 'list-jobs', '--plain', '--no-legend']);
    return stdout.trim() === '' || stdout.includes('No jobs');
  });
}

async function pidsOf(name: string, units: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const printed = await cluster.host(name).mustExec(['systemctl', 'show', '--property=MainPID', '--value', ...units]);
  const pids = printed.split('\n').filter((line) => line !== '');
  return Object.fromEntries(units.map((unit, index) => [unit, pids[index] ?? '']));
}

async function digestOf(path: string): Promise<string> {
  return (await cluster.host('n1').mustExec(['sha256sum', path])).split(' ')[0] ?? '';
}

async function issuedSerials(): Promise<readonly string[]> {
  return (await listIssued(cluster)).map(({ serial }) => serial).sort();
}
