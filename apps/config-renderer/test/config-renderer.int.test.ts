import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathsUnder } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { loadAcceptedConfig, loadUsers, type Users } from '@easycerts/runtime';
import { advanceableClock, recordingPublisher, silentLogger, temporaryDirectory } from '@easycerts/testing';
import { applyPlan, type HostRendererOptions, planHost } from '../src/edge/host-renderer.ts';
import { startConfigRenderer } from '../src/start-config-renderer.ts';

// These tests are about content; owners are tested with the writer itself.
const noUsers: Users = { idsOf: () => undefined };

const byHand = `
masterAddress: localhost
caFile: /pki/ca.crt
etcd: {enable: true, certFile: /pki/etcd.crt, keyFile: /pki/etcd.key}
scheduler: {enable: true, kubeconfig: {certFile: /pki/s.crt, keyFile: /pki/s.key}}
`;

interface Host extends HostRendererOptions {
  readonly directory: string;
  write(text: string): Promise<void>;
}

async function withHost(text: string, body: (host: Host) => Promise<void>): Promise<void> {
  const temporary = await temporaryDirectory();
  try {
    const paths = pathsUnder(temporary.path);
    await mkdir(join(temporary.path, 'etc/easycerts'), { recursive: true });
    const write = (content: string): Promise<void> => writeFile(paths.clusterFile, content);
    await write(text);
    await body({ paths, configFile: paths.clusterFile, users: noUsers, directory: temporary.path, write });
  } finally {
    await temporary.remove();
  }
}

const apply = async (host: Host) => applyPlan(await planHost(host), host);

test('the second apply writes nothing, and files keep their time', async () => {
  await withHost(byHand, async (host) => {
    const first = await apply(host);
    assert.ok(first.written.length > 5);
    const unit = `${host.paths.systemdUnits}/etcd.service`;
    const before = await stat(unit, { bigint: true });
    assert.deepEqual(await apply(host), { written: [], removed: [] });
    assert.equal((await stat(unit, { bigint: true })).ctimeNs, before.ctimeNs);
  });
});

test('a component that is no longer enabled loses its files, and nobody else’s', async () => {
  await withHost(byHand, async (host) => {
    await apply(host);
    const foreign = `${host.paths.kubernetes}/mine.yaml`;
    await writeFile(foreign, 'mine');
    await host.write(byHand.replace(/^scheduler.*\n/m, ''));
    const { removed } = await apply(host);
    assert.deepEqual(removed.map((path) => path.slice(host.directory.length)).sort(), [
      '/etc/easycerts/components.d/kube-scheduler.json',
      '/etc/kubernetes/scheduler.kubeconfig',
      '/etc/systemd/system/kube-scheduler.service',
    ]);
    assert.equal(await readFile(foreign, 'utf8'), 'mine');
  });
});

test('the network of the pods outlives a restart of the host, and a change of the cluster network does not keep the old one', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('flannel needs root');
  const text = `${byHand}flannel: {enable: true, kubeconfig: {certFile: /pki/f.crt, keyFile: /pki/f.key}}\n`;
  await withHost(text, async (host) => {
    const conflist = `${host.paths.cniConfig}/10-easycerts.conflist`;
    await apply(host);
    await assert.rejects(stat(conflist), { code: 'ENOENT' });
    await mkdir(join(host.directory, 'run/flannel'), { recursive: true });
    await writeFile(host.paths.flannelSubnet, 'FLANNEL_SUBNET=10.1.3.1/24\nFLANNEL_MTU=1450\n');
    assert.ok((await apply(host)).written.includes(conflist));
    await rm(host.paths.flannelSubnet);
    assert.deepEqual(await apply(host), { written: [], removed: [] });
    await host.write(`clusterCidr: 10.2.0.0/16\n${text}`);
    assert.ok((await apply(host)).removed.includes(conflist));
  });
});

test('a damaged manifest removes nothing', async () => {
  await withHost(byHand, async (host) => {
    await apply(host);
    const victim = join(host.directory, 'victim');
    await writeFile(victim, 'x');
    for (const manifest of [
      '{',
      '[]',
      '{"files": 7}',
      JSON.stringify({ files: [victim, `${host.paths.kubernetes}/../../victim`] }),
    ]) {
      await writeFile(`${host.paths.rendererState}/manifest.json`, manifest);
      assert.deepEqual((await planHost(host)).removed, [], manifest);
    }
  });
});

test('a configuration with problems changes nothing', async () => {
  await withHost(byHand, async (host) => {
    await apply(host);
    const before = execFileSync('find', [host.directory, '-type', 'f', '-exec', 'sha256sum', '{}', '+']).toString();
    await host.write(`${byHand}\nclusterCdr: 10.0.0.0/8\n`);
    const changed = execFileSync('find', [host.directory, '-type', 'f', '-exec', 'sha256sum', '{}', '+']).toString();
    await assert.rejects(apply(host), (error) => isAppError(error, 'INVALID_CONFIG'));
    assert.equal(
      execFileSync('find', [host.directory, '-type', 'f', '-exec', 'sha256sum', '{}', '+']).toString(),
      changed,
    );
    assert.notEqual(before, changed);
  });
});

test('a master address that does not resolve is a problem of its key', async () => {
  await withHost('roles: [master]\nmasterAddress: no-such-host.invalid\n', async (host) => {
    await assert.rejects(
      planHost(host),
      (error) => isAppError(error, 'INVALID_CONFIG') && /masterAddress/.test(error.message),
    );
  });
});

test('easyCerts without a CA says how to make one', async () => {
  const text =
    'roles: [master]\nmasterAddress: localhost\nkubelet: {enable: false}\nproxy: {enable: false}\nflannel: {enable: false}\n';
  await withHost(text, async (host) => {
    await assert.rejects(planHost(host), (error) => {
      return isAppError(error, 'FAILED_PRECONDITION') && /ca init/.test(error.details.cure ?? '');
    });
  });
});

test('a full disk leaves everything as it was', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('mounting a small file system needs root');
  await withHost(byHand, async (host) => {
    await apply(host);
    const small = `${host.directory}/small`;
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    try {
      const paths = pathsUnder(small);
      await mkdir(`${small}/etc/easycerts`, { recursive: true });
      await writeFile(paths.clusterFile, byHand);
      await writeFile(`${small}/filler`, Buffer.alloc(40 * 1024));
      const options = { paths, configFile: paths.clusterFile, users: loadUsers() };
      await assert.rejects(
        planHost({ ...options, users: noUsers }).then((plan) => applyPlan(plan, { ...options, users: noUsers })),
        (error) => isAppError(error, 'NO_SPACE') && error.message.includes(small),
      );
      const left = (await readdir(small, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      assert.deepEqual(left.map(({ name }) => name).sort(), ['cluster.yaml', 'filler']);
    } finally {
      execFileSync('umount', [small]);
      await rm(small, { recursive: true });
    }
  });
});

test('the daemon applies a change, reports a mistake once, and starts again from what it accepted', async () => {
  await withHost(byHand, async (host) => {
    const events = recordingPublisher();
    const clock = advanceableClock();
    const context = { clock, logger: silentLogger(), random: () => 0.5, events };
    const service = await startConfigRenderer(context, host);
    try {
      assert.equal(events.ofType('config.applied').length, 1);
      await host.write(byHand.replace('etcd:', 'etdc:'));
      await until(() => events.ofType('config.rejected').length > 0);
      assert.match(events.ofType('config.rejected')[0]?.data.problems[0]?.message ?? '', /did you mean etcd/);
      const problems: string[] = [];
      const accepted = await loadAcceptedConfig(host.configFile, (error) => problems.push(error.message));
      assert.equal(accepted.etcd.enable, true);
      assert.equal(problems.length, 1);
      await host.write(byHand.replace(/^scheduler.*\n/m, ''));
      await until(() => events.ofType('config.applied').length === 2);
      clock.advance(1_000);
      await host.write(byHand.replace('etcd:', 'etdc:'));
      await until(() => events.ofType('config.rejected').length === 2);
      const keys = new Set(events.facts.flatMap(({ type, key }) => (type === 'config.rejected' ? [key] : [])));
      assert.equal(keys.size, 2, 'the same mistake again is another fact');
    } finally {
      await service.close();
    }
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) assert.fail('did not happen within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
