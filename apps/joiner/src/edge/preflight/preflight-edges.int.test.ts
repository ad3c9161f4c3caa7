/** Facts out of files that look like those of other hosts, and what `--fix` and leaving write and remove. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { pathsUnder } from '@easycerts/cluster';
import { freePort, type TemporaryDirectory, temporaryDirectory } from '@easycerts/testing';
import { preflightWants } from '../../core/preflight/wants.ts';
import { removeIdentity, removePodData, removeRendered } from '../host/remove-files.ts';
import { findListeners } from './find-listeners.ts';
import { gatherPreflightFacts } from './gather-preflight-facts.ts';
import { mendHost } from './mend-host.ts';
import { preflightConfig } from './preflight-config.ts';
import { probeEndpoints } from './probe-endpoints.ts';

let folder: TemporaryDirectory;
const at = (...names: readonly string[]): string => join(folder.path, ...names);
const write = async (path: string, content: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

beforeEach(async () => {
  folder = await temporaryDirectory();
});
afterEach(() => folder.remove());

describe('facts for preflight', () => {
  test('are read from the kernel’s own files, wherever those lie', async () => {
    await write(at('proc/modules'), 'br_netfilter 1 0 - Live 0x0\n');
    await write(at('proc/filesystems'), 'nodev\toverlay\n');
    await write(at('proc/swaps'), 'Filename\tType\n/swapfile file 1 0 -2\n');
    await write(at('proc/sys/net/ipv4/ip_forward'), '0\n');
    await write(at('proc/cgroups'), '#name\thierarchy\tnum\tenabled\nmemory\t1\t1\t1\n');
    await write(at('sys/fs/cgroup/cgroup.controllers'), 'cpu memory\n');
    await write(at('modules/modules.builtin'), 'kernel/net/netfilter/nf_conntrack.ko\n');
    await write(at('modules/modules.dep'), 'kernel/drivers/net/vxlan/vxlan.ko:\n');
    await mkdir(at('run/systemd/system'), { recursive: true });
    await write(at('bin/kubelet'), '#!/bin/sh\necho Kubernetes v1.36.3\n');
    await chmod(at('bin/kubelet'), 0o755);
    await write(at('etc/node.yaml'), `binDir: ${at('bin')}\n`);
    const { config } = await preflightConfig(at('etc/cluster.yaml'), 'node');
    const facts = await gatherPreflightFacts({
      wants: preflightWants({ config, role: 'node', isConfigured: false }),
      endpoints: [],
      clockPort: 7444,
      containerdDirectory: at('containerd'),
      folders: [folder.path, at('not-there')],
      hasClusterFile: false,
      configProblems: [],
      hostName: 'N1',
      roots: { proc: at('proc'), sys: at('sys'), run: at('run'), modules: at('modules'), var: folder.path },
    });
    assert.deepEqual(facts.features, {
      overlay: 'ready',
      br_netfilter: 'ready',
      nf_conntrack: 'ready',
      vxlan: 'loadable',
    });
    assert.deepEqual(facts.sysctls, { 'net.ipv4.ip_forward': '0' });
    assert.deepEqual(facts.swaps, ['/swapfile']);
    assert.deepEqual(
      [facts.cgroups, facts.cgroupControllers, facts.serviceManager],
      ['v2', ['cpu', 'memory'], 'systemd'],
    );
    const kubelet = facts.programs.find(({ name }) => name === 'kubelet');
    assert.deepEqual(kubelet, {
      name: 'kubelet',
      path: at('bin/kubelet'),
      isFound: true,
      version: 'Kubernetes v1.36.3',
    });
    assert.equal(facts.programs.find(({ name }) => name === 'runc')?.isFound, false);
    assert.ok(facts.varFreeBytes > 0 && facts.memoryBytes > 0);
    assert.deepEqual(
      facts.folders.map(({ path }) => path),
      [folder.path],
    );
  });

  test('tell who listens', async () => {
    const server = createServer().listen(await freePort(), '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const found = (await findListeners('/proc')).find((listener) => listener.port === port);
    server.close();
    assert.equal(found?.address, '127.0.0.1');
    assert.ok(found?.program !== undefined);
  });

  test('tell that nobody answers, and no time of a server that has none', async () => {
    const free = await freePort();
    const [gone] = await probeEndpoints([`127.0.0.1:${free}`], free);
    assert.equal(gone?.problem, 'ECONNREFUSED');
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const [there] = await probeEndpoints([`127.0.0.1:${port}`], port);
    server.close();
    assert.deepEqual(there, { endpoint: `127.0.0.1:${port}` });
  });

  test('a node.yaml with problems is told, and the defaults count', async () => {
    await write(at('etc/node.yaml'), 'masterAddress: x\n');
    const { config, problems } = await preflightConfig(at('etc/cluster.yaml'), 'node');
    assert.equal(config.binDir, '/usr/local/bin');
    assert.match(problems.join('\n'), /masterAddress: is not for one node alone/);
  });

  test('a cluster.yaml with problems is told on a master', async () => {
    await write(at('etc/cluster.yaml'), 'roles: [master]\nmasterAdress: x\n');
    const { problems } = await preflightConfig(at('etc/cluster.yaml'), 'master');
    assert.match(problems.join('\n'), /masterAdress/);
  });
});

describe('--fix', () => {
  test('loads modules, sets sysctls that there are, and writes both down', async () => {
    await write(at('modprobe'), `#!/bin/sh\necho "$1" >> ${at('loaded')}\n`);
    await chmod(at('modprobe'), 0o755);
    await write(at('sysctls/net/ipv4/ip_forward'), '0\n');
    const where = {
      modprobe: at('modprobe'),
      modulesFile: at('modules-load.d/easycerts.conf'),
      sysctlFile: at('sysctl.d/90-easycerts.conf'),
      sysctls: at('sysctls'),
    };
    await mendHost(where);
    await mendHost(where);
    assert.equal(await readFile(at('sysctls/net/ipv4/ip_forward'), 'utf8'), '1\n');
    assert.ok(!existsSync(at('sysctls/net/bridge')), 'what the kernel does not have is not made');
    assert.match(await readFile(at('loaded'), 'utf8'), /^overlay\nbr_netfilter\n/);
    assert.match(await readFile(where.modulesFile, 'utf8'), /\noverlay\nbr_netfilter\n$/);
    assert.match(await readFile(where.sysctlFile, 'utf8'), /\nnet\.ipv4\.ip_forward = 1\n/);
  });
});

describe('what leaving removes', () => {
  test('is ours and nothing else, and again without harm', async () => {
    const paths = pathsUnder(folder.path);
    const rendered = [`${paths.kubernetes}/kubelet.yaml`, `${paths.systemdUnits}/kubelet.service`];
    const ours = [
      ...rendered,
      paths.receivedConfig,
      `${paths.certificateSpecs}/kubelet.json`,
      `${paths.secrets}/.sets/kubelet.1-ab/tls.key`,
      `${paths.state}/.sets/host.1-ab/tls.key`,
      `${paths.kubelet}/pods/x/token`,
      paths.joinToken,
    ];
    const theirs = [
      `${paths.kubernetes}/mine.yaml`,
      `${paths.systemdUnits}/ssh.service`,
      paths.nodeFile,
      `${paths.joinerState}/leaving.json`,
      `${paths.containerd}/images`,
      at('etc/passwd'),
    ];
    for (const path of [...ours, ...theirs]) await write(path, 'x');
    await write(`${paths.rendererState}/manifest.json`, JSON.stringify({ files: [...rendered, at('etc/passwd')] }));
    // a link that a pod has left must not lead out
    await symlink(at('etc'), `${paths.kubelet}/pods/x/out`);
    for (let count = 0; count < 2; count += 1) {
      await removeRendered(paths);
      await removeIdentity(paths);
      await removePodData(paths);
    }
    assert.deepEqual(ours.filter(existsSync), []);
    assert.deepEqual(
      theirs.filter((path) => !existsSync(path)),
      [],
    );
  });
});
