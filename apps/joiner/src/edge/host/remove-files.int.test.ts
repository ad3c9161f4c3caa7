import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Paths, pathsUnder } from '@easycerts/cluster';
import { removeIdentity, removePodData, removeRendered } from './remove-files.ts';

let paths: Paths;

beforeEach(() => {
  paths = pathsUnder(mkdtempSync(join(tmpdir(), 'remove-files-')));
});
afterEach(() => rmSync(paths.root, { recursive: true, force: true }));

function write(path: string, mode = 0o700): void {
  mkdirSync(dirname(path), { recursive: true, mode });
  writeFileSync(path, 'x');
}

describe('removeIdentity', () => {
  test('removes keys, specs, what the master said, and the state of our services', async () => {
    const files = [
      `${paths.secrets}/kubelet/tls.key`,
      `${paths.certificateSpecs}/kubelet.json`,
      `${paths.componentSpecs}/kubelet.json`,
      `${paths.natsStore}/jetstream/x`,
      `${paths.hostIdentity}/tls.key`,
      `${paths.certmgrState}/pending/host.json`,
      paths.joinToken,
      paths.receivedConfig,
      paths.receivedHost,
      paths.appliedConfig,
    ];
    for (const path of files) write(path);
    await removeIdentity(paths);
    for (const path of files) assert.equal(existsSync(path), false, path);
    assert.deepEqual(readdirSync(paths.state), ['nats']);
  });

  test('keeps the folders that came with the package, as they are', async () => {
    const folders = [paths.secrets, paths.certificateSpecs, paths.componentSpecs, paths.natsStore];
    for (const folder of folders) write(`${folder}/x`);
    const before = folders.map((folder) => statSync(folder).ino);
    await removeIdentity(paths);
    assert.deepEqual(
      folders.map((folder) => statSync(folder).ino),
      before,
    );
    for (const folder of folders) assert.deepEqual(readdirSync(folder), [], folder);
  });

  test('keeps what people wrote, and how far this host has come in leaving', async () => {
    const files = [paths.clusterFile, paths.nodeFile, `${paths.joinerState}/leaving.json`];
    for (const path of files) write(path);
    await removeIdentity(paths);
    for (const path of files) assert.ok(existsSync(path), path);
  });

  test('does so again, and where nothing is', async () => {
    await removeIdentity(paths);
    write(`${paths.secrets}/kubelet/tls.key`);
    await removeIdentity(paths);
    await removeIdentity(paths);
    assert.deepEqual(readdirSync(paths.secrets), []);
  });
});

describe('removePodData', () => {
  const plugins = '/usr/libexec/kubernetes/kubelet-plugins/volume/exec';

  test('removes the data of pods and the folders that kubelet makes, when nothing is in them', async () => {
    write(`${paths.kubelet}/pods/x`);
    for (const folder of [`${paths.kubernetes}/manifests`, `${paths.root}${plugins}`])
      mkdirSync(folder, { recursive: true });
    await removePodData(paths);
    for (const path of [paths.kubelet, `${paths.kubernetes}/manifests`, `${paths.root}/usr/libexec/kubernetes`])
      assert.equal(existsSync(path), false, path);
    assert.ok(existsSync(`${paths.root}/usr/libexec`));
  });

  test('removes what CNI remembers of our pods, and its folders when nothing else is in them', async () => {
    const cni = `${paths.root}/var/lib/cni`;
    write(`${cni}/networks/easycerts/10.1.1.2`);
    mkdirSync(`${cni}/results`, { recursive: true });
    await removePodData(paths);
    assert.equal(existsSync(cni), false);
  });

  test('keeps somebody’s static pods, plugins and networks', async () => {
    const files = [
      `${paths.kubernetes}/manifests/mine.yaml`,
      `${paths.root}${plugins}/vendor~driver/driver`,
      `${paths.root}/var/lib/cni/networks/mine/10.9.9.9`,
    ];
    for (const path of files) write(path);
    await removePodData(paths);
    for (const path of files) assert.ok(existsSync(path), path);
  });
});

test('removeRendered removes what the manifest of config-renderer lists, and says how much that was', async () => {
  const files = [`${paths.kubernetes}/kubelet.yaml`, `${paths.systemdUnits}/kubelet.service`];
  for (const path of [...files, paths.clusterFile]) write(path);
  write(`${paths.rendererState}/manifest.json`);
  writeFileSync(`${paths.rendererState}/manifest.json`, JSON.stringify({ files: [...files, paths.clusterFile] }));
  assert.equal(await removeRendered(paths), 2);
  for (const path of files) assert.equal(existsSync(path), false, path);
  assert.ok(existsSync(paths.clusterFile));
});
