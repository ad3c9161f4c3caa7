/** cluster.yaml changes on the master: every node follows, one after the other; node.yaml changes one node. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { during } from '../../src/continuous.ts';
import type { PrintedEvent } from '../../src/events.ts';
import { eventually } from '../../src/eventually.ts';
import { step } from '../../src/step.ts';
import { cluster, events, mainProcesses, master, nodeComponents, nodes, nodesReady } from './cluster.ts';
import { beacon, beaconShines, fetchOnHost, webAddress, writeNodeYaml } from './workloads.ts';

const clusterYaml = '/etc/easycerts/cluster.yaml';
const limitMs = 240_000;
const others = nodeComponents.filter((unit) => unit !== 'kubelet');

/** Lets an editor put another `maxPods` into cluster.yaml. */
async function setMaxPods(count: number): Promise<void> {
  const text = (await cluster.mustExec(['cat', clusterYaml])).replace(/^ {2}extraConfig: .*\n/m, '');
  const changed = text.replace(/^kubelet:\n/m, `kubelet:\n  extraConfig: { maxPods: ${count} }\n`);
  assert.notEqual(changed, text);
  await cluster.mustExec(['sh', '-c', `cat > ${clusterYaml}.new; mv ${clusterYaml}.new ${clusterYaml}`], {
    input: changed,
  });
}

/** How many pods each Node takes, as Kubernetes knows it. */
async function podLimits(): Promise<Readonly<Record<string, string>>> {
  const { items } = await cluster.get<{
    items: readonly {
      readonly metadata: { readonly name: string };
      readonly status: { readonly capacity: { readonly pods: string } };
    }[];
  }>(['nodes']);
  return Object.fromEntries(items.map(({ metadata, status }) => [metadata.name, status.capacity.pods]));
}

/** Waits until every Node has this limit. */
function limitsBecome(count: number): Promise<unknown> {
  const everywhere = Object.fromEntries(cluster.hosts.map((name) => [name, String(count)]));
  return eventually(`maxPods ${count} on all Nodes`, async () => {
    assert.deepEqual(await podLimits(), everywhere);
    return true;
  });
}

/** Kubelets by themselves: what is in the fashion of `m1 kubelet`. */
function restartsIn(seen: readonly PrintedEvent[]): readonly string[] {
  return seen
    .filter(({ type }) => type === 'easycerts.component.restarted')
    .map(({ data }) => `${data.host} ${data.component}`)
    .sort();
}

step('the configuration changes', cluster, () => {
  let known = new Set<string>();
  let address = '';

  /** The events since the last {@link forget}, in the order of the bus. */
  const news = async (): Promise<readonly PrintedEvent[]> => (await events()).filter(({ id }) => !known.has(id));
  const forget = async (): Promise<void> => {
    known = new Set((await events()).map(({ id }) => id));
  };
  const eventOf = (type: string, host?: string) => (event: PrintedEvent) =>
    event.type === `easycerts.${type}` && (host === undefined || event.data.host === host);
  const isTold = (type: string, host?: string): Promise<PrintedEvent> =>
    eventually(`${type} of ${host ?? 'the cluster'}`, async () => (await news()).find(eventOf(type, host)), {
      timeoutMs: limitMs,
      everyMs: 1_000,
    });
  const fetchService = async (): Promise<string> => fetchOnHost(master, address, 80);
  const kubelets = async (): Promise<Readonly<Record<string, string | undefined>>> =>
    Object.fromEntries(
      await Promise.all(nodes.map(async (name) => [name, (await mainProcesses(name, ['kubelet'])).kubelet] as const)),
    );
  const otherProcesses = () => Promise.all(cluster.hosts.map((name) => mainProcesses(name, others)));

  before(async () => {
    await nodesReady(cluster.hosts);
    address = await webAddress();
  });

  test('a setting of the kubelet: n1, then n2 restart their kubelet and nothing else; pods go on serving', async () => {
    await forget();
    const processes = await otherProcesses();
    const { attempts, failures } = await during(async () => {
      await setMaxPods(100);
      await isTold('rollout.finished');
    }, fetchService);
    assert.ok(attempts > 10, `${attempts} attempts`);
    assert.deepEqual(failures, []);
    await limitsBecome(100);
    assert.deepEqual(await otherProcesses(), processes);
    const seen = await news();
    assert.deepEqual(restartsIn(seen), ['m1 kubelet', 'n1 kubelet', 'n2 kubelet']);
    inOrder(seen, [
      ['rollout.started'],
      ['component.restarted', 'n1'],
      ['host.configured', 'n1'],
      ['component.restarted', 'n2'],
      ['host.configured', 'n2'],
      ['rollout.finished'],
    ]);
    for (const { data } of seen.filter(eventOf('host.configured'))) assert.deepEqual(data.restarted, ['kubelet']);
    const finished = seen.find(eventOf('rollout.finished'));
    assert.deepEqual([finished?.data.hosts, finished?.data.away], [[...nodes], []]);
  });

  test('one that no kubelet can bear: n1 tells, n2 keeps the old one and is left alone', async () => {
    await forget();
    const { n2: before2 } = await kubelets();
    const { failures } = await during(async () => {
      await setMaxPods(-5);
      const paused = await isTold('rollout.paused');
      assert.equal(paused.data.host, 'n1');
      assert.match(String(paused.data.message), /kubelet/);
    }, fetchService);
    assert.deepEqual(failures, []);
    assert.equal((await kubelets()).n2, before2);
    assert.match(await cluster.host('n2').mustExec(['cat', '/etc/kubernetes/kubelet.yaml']), /^maxPods: 100$/m);
    assert.equal((await news()).find(eventOf('rollout.finished')), undefined);
    const failed = (await news()).find(eventOf('component.failed', 'n1'));
    assert.match(JSON.stringify(failed?.data.lastLines), /maxPods/);
  });

  test('mended in cluster.yaml it goes on: n1, then n2', async () => {
    await setMaxPods(90);
    await isTold('rollout.finished');
    await limitsBecome(90);
    await nodesReady(cluster.hosts);
    inOrder(await news(), [
      ['rollout.paused', 'n1'],
      ['host.configured', 'n1'],
      ['component.restarted', 'n2'],
      ['host.configured', 'n2'],
      ['rollout.finished'],
    ]);
  });

  test('a node that is off meanwhile gets it when it comes back', async () => {
    await forget();
    await cluster.host('n2').kill();
    await setMaxPods(80);
    await isTold('host.configured', 'n1');
    await cluster.host('n2').boot();
    await isTold('host.configured', 'n2');
    await limitsBecome(80);
    await isTold('rollout.finished');
  });
});

step('node.yaml on n1', cluster, () => {
  const label = 'example.org/disk';
  const overrides = { kubelet: { manifests: { beacon }, nodeLabels: { [label]: 'ssd' } } };
  const labelOf = (node: string): Promise<string> =>
    cluster.mustKubectl([
      'get',
      'node',
      node,
      '--output',
      `jsonpath={.metadata.labels.${label.replaceAll('.', '\\.')}}`,
    ]);
  const config = () => cluster.host('n1').exec(['config-renderer', 'config', '--json']);
  interface PrintedConfig {
    readonly masterAddress: string;
    readonly kubelet: { readonly nodeLabels: object; readonly extraConfig: object };
  }

  test('its label is on the Node n1 and on no other', async () => {
    const processes = await mainProcesses('n1', others);
    await writeNodeYaml('n1', overrides);
    await eventually('the label', async () => (await labelOf('n1')) === 'ssd', { timeoutMs: limitMs });
    assert.equal(await labelOf('n2'), '');
    assert.deepEqual(await mainProcesses('n1', others), processes);
  });

  test('config-renderer config shows what comes from the master and what from here', async () => {
    const { masterAddress, kubelet } = JSON.parse((await config()).stdout) as PrintedConfig;
    assert.equal(masterAddress, master);
    assert.deepEqual(kubelet.extraConfig, { maxPods: 80 });
    assert.deepEqual(kubelet.nodeLabels, { [label]: 'ssd' });
  });

  test('a key that is the master’s is refused with one clear error, and everything goes on', async () => {
    await nodesReady(cluster.hosts);
    const processes = await mainProcesses('n1', nodeComponents);
    const rejections = async () =>
      (await events()).filter(({ type, data }) => type === 'easycerts.config.rejected' && data.host === 'n1');
    const rejected = (await rejections()).length;
    await writeNodeYaml('n1', { ...overrides, masterAddress: 'n2' });
    await eventually('the event', async () => (await rejections()).length > rejected);
    const last = (await rejections()).at(-1);
    const problems = last?.data.problems as readonly { readonly path: string; readonly message: string }[];
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['masterAddress'],
    );
    const { code, stderr } = await config();
    assert.notEqual(code, 0);
    assert.match(stderr, /node\.yaml/);
    assert.match(stderr, /masterAddress.* is not for one node alone/);
    assert.deepEqual(await mainProcesses('n1', nodeComponents), processes);
    await beaconShines('n2');
    assert.equal((await rejections()).length, rejected + 1);
  });

  test('mended, it counts again', async () => {
    await writeNodeYaml('n1', overrides);
    assert.equal((await config()).code, 0);
    await nodesReady(cluster.hosts);
  });
});

/** Each of these events is there, the first of its kind after the one before it. */
function inOrder(seen: readonly PrintedEvent[], wanted: readonly (readonly [type: string, host?: string])[]): void {
  const told = seen.map(({ type, data }) => `${type.replace('easycerts.', '')} ${data.host ?? ''}`.trim());
  let at = -1;
  for (const words of wanted) {
    const next = told.indexOf(words.join(' '), at + 1);
    assert.ok(next > at, `${words.join(' ')} is not where it should be:\n${told.join('\n')}`);
    at = next;
  }
}
