import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { isAppError } from '@easycerts/core';
import { gatherHostFacts, nodeNameOf } from './host-facts.ts';

const base = mkdtempSync(join(tmpdir(), 'host-facts-'));
after(() => rmSync(base, { recursive: true, force: true }));

/** A machine made of files. */
function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(base, 'machine-'));
  for (const [path, content] of Object.entries({ 'proc/self/status': '', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

function optionsFor(root: string, hostName = 'n1') {
  return {
    roles: ['node'] as const,
    containerdDirectory: join(root, 'containerd'),
    hostName,
    procDirectory: join(root, 'proc'),
    sysDirectory: join(root, 'sys'),
    runDirectory: join(root, 'run'),
  };
}

describe('gatherHostFacts', () => {
  for (const [layout, files] of [
    ['v2', { 'sys/fs/cgroup/cgroup.controllers': 'cpu' }],
    ['hybrid', { 'sys/fs/cgroup/unified/cgroup.controllers': '', 'sys/fs/cgroup/cpu/tasks': '' }],
    ['v1', { 'sys/fs/cgroup/cpu/tasks': '' }],
  ] as const) {
    it(`recognises cgroups ${layout}`, async () => {
      assert.equal((await gatherHostFacts(optionsFor(machine(files)))).cgroups, layout);
    });
  }

  it('takes systemd only when it runs as the service manager', async () => {
    const booted = machine({ 'run/systemd/system/.x': '' });
    assert.equal((await gatherHostFacts(optionsFor(booted))).serviceManager, 'systemd');
    assert.equal((await gatherHostFacts(optionsFor(machine({})))).serviceManager, 'process');
  });

  it('reads CAP_SYS_RESOURCE from the effective set only', async () => {
    const withIt = machine({ 'proc/self/status': 'CapPrm:\t0\nCapEff:\t000001ffffffffff\n' });
    const without = machine({ 'proc/self/status': 'CapPrm:\t000001ffffffffff\nCapEff:\t000001fffeffffff\n' });
    assert.equal((await gatherHostFacts(optionsFor(withIt))).maySetOomScore, true);
    assert.equal((await gatherHostFacts(optionsFor(without))).maySetOomScore, false);
    assert.equal((await gatherHostFacts(optionsFor(machine({})))).maySetOomScore, false);
  });

  it('tests nf_conntrack_max without changing it', async () => {
    const path = 'proc/sys/net/netfilter/nf_conntrack_max';
    const root = machine({ [path]: '262144\n' });
    assert.equal((await gatherHostFacts(optionsFor(root))).mayWriteConntrackMax, true);
    assert.equal(readFileSync(join(root, path), 'utf8'), '262144\n');
    assert.equal((await gatherHostFacts(optionsFor(machine({})))).mayWriteConntrackMax, false);
    if (process.geteuid?.() !== 0) {
      chmodSync(join(root, path), 0o444);
      assert.equal((await gatherHostFacts(optionsFor(root))).mayWriteConntrackMax, false);
    }
  });

  it('leaves nothing of its snapshotter trial behind', async () => {
    const root = machine({ 'containerd/x': '' });
    const facts = await gatherHostFacts(optionsFor(root));
    assert.ok(['overlayfs', 'native'].includes(facts.snapshotter));
    assert.deepEqual(readdirSync(join(root, 'containerd')), ['x']);
  });

  it('tells about this very machine', async () => {
    const facts = await gatherHostFacts({ roles: ['master'], containerdDirectory: base, hostName: 'N1.example.org' });
    assert.equal(facts.name, 'n1');
    assert.equal(facts.isRoot, process.geteuid?.() === 0);
    assert.ok(!facts.addresses.includes('127.0.0.1') && !facts.addresses.includes('::1'));
  });
});

describe('nodeNameOf', () => {
  it('is the first label, lowercase', () => {
    assert.equal(nodeNameOf('Master-1.Kube.Example'), 'master-1');
  });

  for (const bad of ['', '-a', 'a-', 'a_b', 'ä', 'a b', `${'a'.repeat(64)}`, '*', '.x', 'a/b']) {
    it(`refuses ${JSON.stringify(bad.slice(0, 8))}`, () => {
      assert.throws(
        () => nodeNameOf(bad),
        (error) => isAppError(error, 'FAILED_PRECONDITION') && error.details.cure !== undefined,
      );
    });
  }
});
