/** One command makes a cluster whose node is Ready. */

import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { busybox } from '../../src/place.ts';
import { step } from '../../src/step.ts';
import { machine } from './cluster.ts';

interface Status {
  readonly isReady: boolean;
  readonly mode: string;
  readonly server: string;
  readonly components: readonly { readonly name: string; readonly state: string }[];
}

step('one command makes a cluster', machine, () => {
  test('npm start -- --detach returns when the node is Ready, with what to do next', async () => {
    const printed = await machine.start();
    assert.match(printed, new RegExp(`export KUBECONFIG=${machine.data}/etc/kubernetes/cluster-admin\\.kubeconfig`));
    assert.match(printed, /Certificates \(\d+, all from our own CA\)/);
  });

  test('status says that all of it is ready', async () => {
    const status = await machine.json<Status>(['status']);
    assert.equal(status.isReady, true);
    assert.equal(status.mode, 'sandbox');
    assert.deepEqual(
      status.components.filter(({ state }) => state !== 'done'),
      [],
    );
    const address = new URL(status.server).hostname;
    const { items } = await machine.get<{ items: { metadata: { name: string } }[] }>(['nodes']);
    assert.equal(items.length, 1);
    machine.remember('place', { node: items[0]?.metadata.name, server: status.server, address });
  });

  test('the node is Ready, seen with kubectl from the shell of the user', async () => {
    const ready = '{.items[*].status.conditions[?(@.type=="Ready")].status}';
    assert.equal(await machine.mustKubectl(['get', 'nodes', '-o', `jsonpath=${ready}`]), 'True');
  });

  test('the administrator is a member of kubeadm:cluster-admins, not of system:masters', async () => {
    const review = await machine.mustKubectl(['auth', 'whoami', '-o', 'json']);
    const { groups } = (JSON.parse(review) as { status: { userInfo: { groups: string[] } } }).status.userInfo;
    assert.ok(groups.includes('kubeadm:cluster-admins'));
    assert.ok(!groups.includes('system:masters'));
  });

  test('keys are readable by their owner only', () => {
    const key = machine.file('/var/lib/kubernetes/secrets/cluster-admin/tls.key');
    assert.ok(existsSync(key));
    assert.equal(statSync(key).mode & 0o777, 0o600);
    assert.equal(statSync(key).uid, 0);
  });

  test('an image without a registry can be given to the node', async () => {
    const { archive } = busybox();
    const words = ['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'];
    await machine.mustExec(words, { inputFile: archive });
  });
});
