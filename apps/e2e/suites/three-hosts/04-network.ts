/** Pods of different nodes, Services, names, logs and exec; and what NixOS's own tests of dns and rbac assert. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hostBinDir } from '@easycerts/test-hosts';
import { eventually } from '../../src/eventually.ts';
import { makeAuthority, makeLeaf } from '../../src/foreign-pki.ts';
import { busybox, runFolder } from '../../src/place.ts';
import { step } from '../../src/step.ts';
import { cluster, nodes } from './cluster.ts';
import {
  fetchInPod,
  fetchOnHost,
  inPod,
  largeBytes,
  nodePort,
  podPort,
  type WebPod,
  web,
  webAddress,
  webPodOn,
  webService,
} from './workloads.ts';

/** A host's own packets have 1500 bytes; vxlan takes 50 of them, IP and ICMP 28 of the rest. */
const podMtu = 1_450;
const largestPing = podMtu - 28;
const otherNode = { n1: 'n2', n2: 'n1' } as const;
const everybody: readonly string[] = [...nodes].sort();

step('pods reach each other', cluster, () => {
  const pods = new Map<string, WebPod>();
  const podOn = (node: string): WebPod => pods.get(node) ?? assert.fail(`no pod on ${node}`);

  test('a pod runs on each node, and none on the master', async () => {
    await cluster.apply(web);
    await cluster.apply(webService);
    await cluster.mustKubectl(['rollout', 'status', 'daemonset/web', '--timeout=120s'], { timeoutMs: 150_000 });
    for (const node of nodes) pods.set(node, await webPodOn(node));
    const where = '{.items[*].spec.nodeName}';
    const names = await cluster.mustKubectl(['get', 'pods', '-l', 'app=web', '-o', `jsonpath=${where}`]);
    assert.deepEqual(names.split(' ').sort(), everybody);
  });

  for (const from of nodes) {
    const to = otherNode[from];
    test(`${from} to ${to}: packets of full size, and a file of many of them`, async () => {
      const { address } = podOn(to);
      const script = `cat /sys/class/net/eth0/mtu; ping -c 3 -W 5 -s ${largestPing} ${address}`;
      const printed = await inPod(podOn(from).name, script);
      assert.match(printed, new RegExp(`^${podMtu}$`, 'm'));
      assert.match(printed, /3 packets received/);
      const fetched = await inPod(
        podOn(from).name,
        `timeout 30 wget -qO /tmp/got http://${address}:${podPort}/large; wc -c < /tmp/got; sha256sum < /tmp/got`,
      );
      assert.equal(fetched.split('\n')[0], String(largeBytes));
      assert.equal(fetched.split('\n')[1], (await inPod(podOn(to).name, 'sha256sum < /tmp/www/large')).trim());
    });
  }

  test('every host reaches every pod, with packets of full size that nobody may cut', async () => {
    for (const { name } of cluster.all()) {
      for (const node of nodes) {
        const { address } = podOn(node);
        assert.equal(await fetchOnHost(name, address, podPort), node);
        await cluster.host(name).mustExec(['ping', '-c1', '-W5', '-M', 'do', '-s', String(largestPing), address]);
      }
    }
  });

  test('the Service answers on its ClusterIP in pods and on every host, with the pods of both nodes', async () => {
    const address = await webAddress();
    for (const node of nodes) {
      await answersOfAll(`${node}’s pod`, () => fetchInPod(podOn(node).name, `http://${address}/`));
    }
    for (const { name } of cluster.all()) await answersOfAll(name, () => fetchOnHost(name, address, 80));
  });

  test('its NodePort on each host answers every other host, with the pods of both nodes', async () => {
    for (const { address, name } of cluster.all()) {
      for (const from of cluster.hosts.filter((host) => host !== name)) {
        await answersOfAll(`${name}, asked by ${from}`, () => fetchOnHost(from, address, nodePort));
      }
    }
  });

  for (const node of nodes) {
    test(`${node}: kubectl logs and exec reach it, with standard input and exit code`, async () => {
      const { name } = podOn(node);
      assert.equal(await cluster.mustKubectl(['logs', name]), `serving on ${node}\n`);
      const echo = await cluster.mustKubectl(['exec', '-i', name, '--', 'cat'], { input: `to ${node} and back` });
      assert.equal(echo, `to ${node} and back`);
      assert.equal((await cluster.kubectl(['exec', name, '--', 'sh', '-c', 'exit 7'])).code, 7);
    });
  }
});

step('names are resolved', cluster, () => {
  test('CoreDNS is ready', async () => {
    const words = ['--namespace', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=120s'];
    await cluster.mustKubectl(words, { timeoutMs: 150_000 });
  });

  for (const node of nodes) {
    test(`${node}: a pod finds a Service by its name, short and long`, async () => {
      const { name } = await webPodOn(node);
      for (const service of ['web', 'web.default', 'web.default.svc.cluster.local']) {
        assert.ok(everybody.includes(await eventually(service, () => fetchInPod(name, `http://${service}/`))));
      }
      assert.match(await inPod(name, 'nslookup web.default.svc.cluster.local'), new RegExp(await webAddress()));
    });
  }

  for (const name of cluster.hosts) {
    test(`${name}: so does the host itself, when it asks the cluster’s DNS`, async () => {
      const dns = await cluster.mustKubectl([
        ...['--namespace', 'kube-system', 'get', 'service', 'kube-dns'],
        ...['--output', 'jsonpath={.spec.clusterIP}'],
      ]);
      // For this one command only: what CoreDNS forwards to is what the host has in its own resolv.conf.
      const script = `conf=$(mktemp); echo "nameserver $1" > "$conf"; mount --bind "$conf" /etc/resolv.conf
shift; exec getent ahostsv4 "$@"`;
      const lookUp = (wanted: string) =>
        cluster.host(name).exec(['unshare', '--mount', 'sh', '-ec', script, 'sh', dns, wanted], { timeoutMs: 30_000 });
      const { code, stdout } = await lookUp('web.default.svc.cluster.local');
      assert.equal(code, 0);
      assert.ok(stdout.startsWith(`${await webAddress()} `), stdout);
      assert.notEqual((await lookUp('nobody.default.svc.cluster.local')).code, 0);
    });
  }
});

step('the API server knows the kubelets by their certificates', cluster, () => {
  const port = 10_251;
  const impostor = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'impostor' } };
  const taints = [{ key: 'impostor', effect: 'NoSchedule' }];
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'asked-of-impostor', namespace: 'default' },
    spec: { nodeName: 'impostor', containers: [{ name: 'main', image: busybox().ref, imagePullPolicy: 'Never' }] },
  };
  const logs = () => cluster.kubectl(['logs', 'asked-of-impostor']);
  const listensAt = (kubeletPort: number): Promise<string> => {
    const addresses = [{ type: 'InternalIP', address: cluster.host('n1').address }];
    const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } } };
    const patch = JSON.stringify({ status });
    return cluster.mustKubectl(['patch', 'node', 'impostor', '--subresource=status', '--patch', patch]);
  };

  before(async () => {
    await cluster.apply({ ...impostor, spec: { taints } });
    await listensAt(10_250);
    await cluster.apply(pod);
  });
  after(async () => {
    await cluster.host('n1').exec(['systemctl', 'stop', 'impostor']);
    await cluster.kubectl(['delete', 'pod', 'asked-of-impostor', '--force', '--grace-period=0']);
    await cluster.kubectl(['delete', 'node', 'impostor']);
  });

  test('a kubelet of ours is asked', async () => {
    assert.match((await logs()).stderr, /not found|NotFound/);
  });

  test('one with a certificate for the same names of another CA is asked nothing', async () => {
    const folder = join(runFolder(), 'impostor');
    const host = cluster.host('n1');
    await makeAuthority(folder, 'ca');
    await makeLeaf(folder, 'ca', {
      name: 'impostor',
      subject: '/O=system:nodes/CN=system:node:n1',
      usages: ['serverAuth'],
      names: `DNS:n1,IP:${host.address}`,
    });
    for (const suffix of ['crt', 'key'])
      await host.copyIn(join(folder, `impostor.${suffix}`), `/run/impostor.${suffix}`);
    await host.mustExec([
      ...['systemd-run', '--unit=impostor', 'openssl', 's_server', '-quiet', '-www', '-accept', String(port)],
      ...['-cert', '/run/impostor.crt', '-key', '/run/impostor.key'],
    ]);
    await listensAt(port);
    await eventually('the impostor’s certificate is refused', async () => {
      const { code, stderr } = await logs();
      return code !== 0 && /x509: certificate signed by unknown authority/.test(stderr);
    });
  });
});

step('a read-only service account', cluster, () => {
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: 'read-only', namespace: 'default' };
  const kubectl = `${hostBinDir}/kubectl`;
  const asPod = (words: readonly string[], input = '') =>
    cluster.kubectl(['exec', '-i', 'kubectl', '--', kubectl, ...words], { input });
  const pod = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { name } },
    spec: {
      serviceAccountName: 'read-only',
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: busybox().ref,
          imagePullPolicy: 'Never',
          command: ['/bin/sh', '-c', 'sleep 86400'],
          volumeMounts: [{ name: 'programs', mountPath: hostBinDir, readOnly: true }],
        },
      ],
      volumes: [{ name: 'programs', hostPath: { path: hostBinDir, type: 'Directory' } }],
    },
  });

  before(async () => {
    await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    await cluster.apply({
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    });
    await cluster.apply({
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    });
    await cluster.apply(pod('kubectl'));
    await cluster.mustKubectl(['wait', '--for=condition=Ready', 'pod/kubectl', '--timeout=90s'], {
      timeoutMs: 120_000,
    });
  });
  after(() => cluster.kubectl(['delete', 'pod', 'kubectl', '--wait=false']));

  test('lists pods', async () => {
    const { stdout } = await eventually('its right', async () => {
      const ended = await asPod(['get', 'pods']);
      return ended.code === 0 && ended;
    });
    assert.match(stdout, /^kubectl /m);
  });

  test('creates none and deletes none', async () => {
    const attempts = [
      await asPod(['create', '-f', '-'], JSON.stringify(pod('kubectl-2'))),
      await asPod(['delete', 'pods', '-l', 'name=kubectl']),
      await asPod(['get', 'pods', '--namespace', 'kube-system']),
      await asPod(['get', 'secrets']),
    ];
    for (const { code, command, stderr } of attempts) {
      assert.notEqual(code, 0, command);
      assert.match(stderr, /Forbidden|forbidden/, command);
    }
    const names = await cluster.mustKubectl(['get', 'pods', '-l', 'name', '-o', 'jsonpath={.items[*].metadata.name}']);
    assert.equal(names, 'kubectl');
  });
});

/** Waits until the pods of all nodes have answered. */
async function answersOfAll(who: string, ask: () => Promise<string>): Promise<void> {
  const seen = new Set<string>();
  await eventually(`answers of ${everybody.join(' and ')} to ${who}`, async () => {
    seen.add(await ask());
    return seen.size === everybody.length;
  });
  assert.deepEqual([...seen].sort(), everybody);
}
