import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goBinaries } from './binaries.ts';
import { assetsVersion, pinnedVersion, readPinFiles, requiredGo, requiredVersion } from './pins.ts';

test('a required version is read from a block and from a single line', () => {
  const goMod = 'module m\n\ngo 1.26.0\n\nrequire a.b/c v1.2.3\n\nrequire (\n\ta.b/d v0.0.0-2026 // indirect\n)\n';
  assert.equal(requiredVersion(goMod, 'a.b/c'), '1.2.3');
  assert.equal(requiredVersion(goMod, 'a.b/d'), '0.0.0-2026');
  assert.equal(requiredVersion(goMod, 'a.b/e'), undefined);
  assert.equal(requiredVersion('replace a.b/c => a.b/c v9.0.0', 'a.b/c'), undefined);
});

test('every program is pinned, and the three of etcd at the same version', async () => {
  const files = await readPinFiles();
  const versions = new Map(goBinaries.map((binary) => [binary.name, pinnedVersion(binary, files)]));
  assert.equal(versions.size, goBinaries.length);
  assert.equal(versions.get('etcd'), versions.get('etcdctl'));
  assert.equal(versions.get('etcd'), versions.get('etcdutl'));
  assert.match(requiredGo(files), /^1\.\d+\.\d+$/);
});

test('the staging modules of Kubernetes are at the version of Kubernetes', async () => {
  const goMod = (await readPinFiles()).get('kubernetes/go.mod') ?? '';
  const kubernetes = requiredVersion(goMod, 'k8s.io/kubernetes') ?? '';
  const staged = [...goMod.matchAll(/^\tk8s\.io\/\S+ => k8s\.io\/\S+ v(\S+)/gm)].map((found) => found[1]);
  assert.ok(staged.length > 25);
  assert.deepEqual([...new Set(staged)], [kubernetes.replace(/^1/, '0')]);
});

test('every Kubernetes program is stamped with its version, as upstream does', async () => {
  const files = await readPinFiles();
  for (const binary of goBinaries.filter((one) => one.module === 'kubernetes')) {
    const stamps = binary.stamp(pinnedVersion(binary, files));
    assert.match(stamps['k8s.io/component-base/version.gitVersion'] ?? '', /^v1\.\d+\.\d+$/);
    assert.equal(stamps['k8s.io/component-base/version.gitMajor'], '1');
    assert.equal(stamps['k8s.io/client-go/pkg/version.gitVersion'], stamps['k8s.io/component-base/version.gitVersion']);
  }
});

test('the version of the set changes with every pinning file and is a fit image tag', async () => {
  const files = await readPinFiles();
  const version = assetsVersion(files);
  assert.match(version, /^\d+\.\d+\.\d+-[0-9a-f]{8}$/);
  assert.equal(assetsVersion(new Map(files)), version);
  for (const [path, text] of files) {
    assert.notEqual(assetsVersion(new Map([...files, [path, `${text}\n`]])), version, path);
  }
});
