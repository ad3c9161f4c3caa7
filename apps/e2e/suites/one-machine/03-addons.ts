/** Addons come back when somebody deletes or edits them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedEvents } from '../../src/events.ts';
import { eventually } from '../../src/eventually.ts';
import { step } from '../../src/step.ts';
import { machine } from './cluster.ts';

const uidOf = async (kind: string, name: string, ...namespace: readonly string[]): Promise<string> =>
  machine.mustKubectl(['get', kind, name, ...namespace, '-o', 'jsonpath={.metadata.uid}', '--ignore-not-found']);
const system = ['--namespace', 'kube-system'] as const;

const kept = [
  ['deployment', 'coredns', system],
  ['service', 'kube-dns', system],
  ['configmap', 'coredns', system],
  ['serviceaccount', 'coredns', system],
  ['clusterrole', 'system:coredns', []],
  ['clusterrolebinding', 'system:coredns', []],
  ['clusterrolebinding', 'flannel', []],
  ['clusterrolebinding', 'system:kube-apiserver:kubelet-api-admin', []],
  ['rolebinding', 'system:kube-addon-manager', system],
] as const;

const corednsRuns = () =>
  machine.mustKubectl([...system, 'rollout', 'status', 'deployment/coredns', '--timeout=90s'], { timeoutMs: 120_000 });

step('addons are kept', machine, () => {
  let before: readonly string[] = [];

  test('somebody deletes them all', async () => {
    before = await Promise.all(kept.map(([kind, name, namespace]) => uidOf(kind, name, ...namespace)));
    assert.ok(!before.includes(''));
    await Promise.all(
      kept.map(([kind, name, namespace]) => machine.mustKubectl(['delete', kind, name, ...namespace, '--wait=false'])),
    );
  });

  for (const [index, [kind, name, namespace]] of kept.entries()) {
    test(`${kind} ${name} comes back`, async () => {
      await eventually(`${kind} ${name}`, async () => {
        const now = await uidOf(kind, name, ...namespace);
        return now !== '' && now !== before[index];
      });
    });
  }

  test('an edit of the Corefile is taken back', async () => {
    // A CoreDNS that starts with the broken one would stay with it until its liveness probe ends it, minutes later.
    await corednsRuns();
    await machine.mustKubectl(['patch', 'configmap', 'coredns', ...system, '-p', '{"data":{"Corefile":"broken"}}']);
    await eventually('the Corefile', async () => {
      const data = await machine.mustKubectl([
        'get',
        'configmap',
        'coredns',
        ...system,
        '-o',
        'jsonpath={.data.Corefile}',
      ]);
      return data.includes('kubernetes cluster.local');
    });
  });

  test('a role that somebody widened is narrow again', async () => {
    const everything = '[{"op":"add","path":"/rules/-","value":{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}}]';
    await machine.mustKubectl(['patch', 'clusterrole', 'system:coredns', '--type=json', '-p', everything]);
    await eventually('the role', async () => {
      const rules = await machine.mustKubectl(['get', 'clusterrole', 'system:coredns', '-o', 'jsonpath={.rules}']);
      return !rules.includes('*');
    });
  });

  test('names are resolved again, and the administrator still is one', async () => {
    await corednsRuns();
    await eventually('a name', () =>
      machine.mustKubectl(['exec', 'client', '--', 'timeout', '5', 'nslookup', 'kubernetes.default.svc.cluster.local']),
    );
    assert.equal((await machine.mustKubectl(['auth', 'can-i', '*', '*'])).trim(), 'yes');
  });

  test('every correction is an event', async () => {
    await eventually('the events', async () => {
      const applied = (await storedEvents(machine)).filter(({ type }) => type === 'easycerts.addon.applied');
      const names = applied.map(({ data }) => `${String(data.kind)} ${String(data.name)}`);
      // Once at the start, once now.
      return (
        names.filter((name) => name === 'Service kube-dns').length >= 2 &&
        names.includes('ClusterRoleBinding kubeadm:cluster-admins')
      );
    });
  });
});
