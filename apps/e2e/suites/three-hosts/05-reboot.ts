/** The power fails everywhere; a node starts while the master is away; our services are killed: Kubernetes goes on. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../src/eventually.ts';
import { listIssued } from '../../src/issued.ts';
import { step } from '../../src/step.ts';
import {
  allIn,
  cluster,
  controlPlane,
  failedUnits,
  mainProcesses,
  master,
  masterUnits,
  nodeComponents,
  nodes,
  nodesReady,
  nodeUnits,
  unitStates,
} from './cluster.ts';
import {
  beacon,
  beaconShines,
  fetchInPod,
  fetchOnHost,
  podPort,
  webAddress,
  webPodOn,
  webRunsSince,
  writeNodeYaml,
} from './workloads.ts';

const readyLimitMs = 240_000;
let serials: readonly string[] = [];

const issuedSerials = async (): Promise<readonly string[]> =>
  (await listIssued(cluster)).map(({ serial }) => serial).sort();

/** Every Node has said that it is Ready since then, all units are active, and the ledger is as it was. */
async function allIsAsBefore(since: Date): Promise<void> {
  await nodesReady(cluster.hosts, readyLimitMs, since);
  await webRunsSince(since);
  for (const name of cluster.hosts) {
    const more = name === master ? [...masterUnits, ...controlPlane] : nodeUnits;
    const units = [...nodeComponents, ...more];
    assert.deepEqual(await unitStates(name, units), allIn('active', units), name);
    assert.deepEqual(await failedUnits(name), [], name);
  }
  assert.deepEqual(await issuedSerials(), serials);
}

/** From the pod of each node to those of both, and to the Service by its name. */
async function podsReachEachOther(): Promise<void> {
  for (const from of nodes) {
    await eventually(
      `the pod on ${from} reaches everything`,
      async () => {
        const { name } = await webPodOn(from);
        for (const to of nodes) {
          const { address } = await webPodOn(to);
          assert.equal(await fetchInPod(name, `http://${address}:${podPort}/`), to);
        }
        return fetchInPod(name, 'http://web/');
      },
      { timeoutMs: readyLimitMs },
    );
  }
}

step('the power fails everywhere at once', cluster, () => {
  let since = new Date();

  test('a static pod runs on n1', async () => {
    serials = await issuedSerials();
    assert.ok(serials.length > 0);
    await writeNodeYaml('n1', { kubelet: { manifests: { beacon } } });
    await beaconShines('n2');
  });

  test('all hosts are on again', async () => {
    await Promise.all(cluster.all().map((host) => host.kill()));
    assert.deepEqual(
      cluster.all().filter((host) => host.isRunning()),
      [],
    );
    since = new Date();
    await Promise.all(cluster.all().map((host) => host.boot()));
  });

  test('all Nodes are Ready, pods run again, no unit has failed, and nothing was issued', () => allIsAsBefore(since));

  test('pods reach each other and their Service', podsReachEachOther);
});

step('a node starts while the master is away', cluster, () => {
  let since = new Date();

  test('n1 comes up, its services run, and so do the pods that it knows of without being told', async () => {
    const address = await webAddress();
    const { address: podOfN2 } = await webPodOn('n2');
    assert.ok(await cluster.host(master).halt(), 'the master did not halt by itself');
    await cluster.host('n1').kill();
    await cluster.host('n1').boot();
    assert.deepEqual(await unitStates('n1', nodeUnits), allIn('active', nodeUnits));
    await beaconShines('n2');
    await beaconShines('n1');
    // The other node goes on with what it has.
    assert.equal(await fetchOnHost('n2', podOfN2, podPort), 'n2');
    assert.equal(await eventually('the Service on n2', () => fetchOnHost('n2', address, 80)), 'n2');
  });

  test('the master comes back: all Nodes are Ready, pods run again, nothing was issued', async () => {
    since = new Date();
    await cluster.host(master).boot();
    await nodesReady([master, 'n1'], readyLimitMs, since);
    // It had no reason to say anything of itself.
    await nodesReady(['n2'], readyLimitMs);
    assert.deepEqual(await issuedSerials(), serials);
  });

  test('pods reach each other and their Service', podsReachEachOther);
});

step('our services are killed on a node', cluster, () => {
  test('they come back; components and pods are the same processes', async () => {
    const own = await mainProcesses('n1', nodeUnits);
    const components = await mainProcesses('n1', nodeComponents);
    const pods = await podProcesses('n1');
    assert.ok(pods.length >= 4, pods.join('\n'));
    const names = nodeUnits.map((unit) => `${unit}.service`);
    await cluster.host('n1').mustExec(['systemctl', 'kill', '--signal=KILL', ...names]);
    await eventually('they are back', async () => {
      const now = await mainProcesses('n1', nodeUnits);
      return nodeUnits.every((unit) => now[unit] !== own[unit] && !now[unit]?.includes('MainPID=0'));
    });
    await eventually('joiner has looked at everything', async () => {
      const { code, stdout } = await cluster.host('n1').exec(['joiner', 'status', '--json']);
      return code === 0 && (JSON.parse(stdout) as { isReady: boolean }).isReady;
    });
    assert.deepEqual(await unitStates('n1', nodeUnits), allIn('active', nodeUnits));
    assert.deepEqual(await mainProcesses('n1', nodeComponents), components);
    assert.deepEqual(await podProcesses('n1'), pods);
    assert.deepEqual(await issuedSerials(), serials);
  });
});

/** Container and process of everything that containerd runs for the kubelet of a host, sorted. */
async function podProcesses(host: string): Promise<readonly string[]> {
  const listed = await cluster.host(host).mustExec(['ctr', '--namespace', 'k8s.io', 'tasks', 'list']);
  return listed.trim().split('\n').slice(1).sort();
}
