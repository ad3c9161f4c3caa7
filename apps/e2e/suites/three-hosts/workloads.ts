/** What runs on the nodes of this suite, and how its steps talk to it: from pods, and from hosts. */

import assert from 'node:assert/strict';
import { eventually } from '../../src/eventually.ts';
import { busybox } from '../../src/place.ts';
import { cluster, nodes } from './cluster.ts';

/** Port that each pod of `web` listens on. */
export const podPort = 8080;
export const nodePort = 30_080;
/** How large the file is that each pod of `web` serves besides its node's name: many full packets. */
export const largeBytes = 4 * 2 ** 20;

const serve = `mkdir /tmp/www
echo "$NODE" > /tmp/www/index.html
dd if=/dev/urandom of=/tmp/www/large bs=1048576 count=${largeBytes / 2 ** 20} 2> /dev/null
echo "serving on $NODE"
exec httpd -f -p ${podPort} -h /tmp/www`;

/** A pod on every node that takes pods; it answers with the name of its node. */
export const web = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'web',
            image: busybox().ref,
            imagePullPolicy: 'Never',
            command: ['/bin/sh', '-c', serve],
            env: [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
            readinessProbe: { httpGet: { port: podPort, path: '/' }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

export const webService = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, targetPort: podPort, nodePort }] },
};

export interface WebPod {
  readonly name: string;
  readonly address: string;
}

/** The pod of `web` on a node. */
export async function webPodOn(node: string): Promise<WebPod> {
  const { items } = await cluster.get<{
    items: readonly { readonly metadata: { readonly name: string }; readonly status: { readonly podIP?: string } }[];
  }>(['pods', '--selector', 'app=web', '--field-selector', `spec.nodeName=${node},status.phase=Running`]);
  const [pod] = items;
  assert.equal(items.length, 1, `pods of web on ${node}`);
  return { name: pod?.metadata.name ?? '', address: pod?.status.podIP ?? '' };
}

/** The address of the Service `web` in the cluster. */
export function webAddress(): Promise<string> {
  return cluster.mustKubectl(['get', 'service', 'web', '--output', 'jsonpath={.spec.clusterIP}']);
}

/** Runs a shell script in a pod. */
export function inPod(pod: string, script: string): Promise<string> {
  return cluster.mustKubectl(['exec', pod, '--', '/bin/sh', '-c', script]);
}

/** What a pod gets; `timeout` because busybox' own -T crashes in some builds. */
export async function fetchInPod(pod: string, url: string): Promise<string> {
  return (await inPod(pod, `timeout 5 wget -qO- ${url}`)).trim();
}

/** What a host gets; hosts have neither curl nor wget. */
export async function fetchOnHost(host: string, address: string, port: number): Promise<string> {
  const script = `exec 3<> "/dev/tcp/$1/$2"; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
  const words = ['timeout', '5', 'bash', '-c', script, 'bash', address, String(port)];
  const answer = await cluster.host(host).mustExec(words);
  const body = answer.split('\r\n\r\n')[1];
  assert.match(answer, /^HTTP\/1\.\d 200 /);
  return body?.trim() ?? '';
}

/** Waits until the pods of `web` on all nodes are ready, in containers that were started after a time. */
export async function webRunsSince(since: Date, timeoutMs = 180_000): Promise<void> {
  await eventually(
    'the pods of web run again',
    async () => {
      const { items } = await cluster.get<{ items: readonly { readonly status: PodStatus }[] }>([
        'pods',
        '-l',
        'app=web',
      ]);
      const isAgain = ({ containerStatuses = [] }: PodStatus): boolean =>
        containerStatuses.some(({ ready, state }) => ready && new Date(state.running?.startedAt ?? 0) > since);
      return items.length === nodes.length && items.every(({ status }) => isAgain(status));
    },
    { timeoutMs },
  );
}

interface PodStatus {
  readonly containerStatuses?: readonly {
    readonly ready: boolean;
    readonly state: { readonly running?: { readonly startedAt: string } };
  }[];
}

/** Port of its host that the static pod `beacon` answers at. */
export const beaconPort = 8_090;

/** A static pod, for `node.yaml`: no API server has to be asked for it. */
export const beacon = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'beacon', namespace: 'default' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'beacon',
        image: busybox().ref,
        imagePullPolicy: 'Never',
        command: [
          '/bin/sh',
          '-c',
          `mkdir /tmp/www; echo shining > /tmp/www/index.html; exec httpd -f -p 80 -h /tmp/www`,
        ],
        ports: [{ containerPort: 80, hostPort: beaconPort }],
      },
    ],
  },
};

/** Waits until the beacon on n1 answers a host. */
export async function beaconShines(seenFrom: string): Promise<void> {
  const { address } = cluster.host('n1');
  await eventually(
    `the static pod on n1, seen from ${seenFrom}`,
    async () => (await fetchOnHost(seenFrom, address, beaconPort)) === 'shining',
    { timeoutMs: 120_000 },
  );
}

/** Writes a host's node.yaml, as whoever looks after that host. */
export async function writeNodeYaml(host: string, content: object): Promise<void> {
  // JSON is YAML.
  const script = 'cat > /etc/easycerts/node.yaml.new; mv /etc/easycerts/node.yaml.new /etc/easycerts/node.yaml';
  await cluster.host(host).mustExec(['sh', '-c', script], { input: JSON.stringify(content) });
}
