/** The cluster of this suite: a master and two nodes, each a host with systemd, and what its steps have in common. */

import { basename } from 'node:path';
import { type Ended, hostImagesDir } from '@easycerts/test-hosts';
import type { PrintedEvent } from '../../src/events.ts';
import { storedEvents } from '../../src/events.ts';
import { eventually } from '../../src/eventually.ts';
import { hostsCluster } from '../../src/hosts-cluster.ts';
import { images } from '../../src/place.ts';

export const master = 'm1';
export const nodes = ['n1', 'n2'] as const;

export const cluster = hostsCluster('three-hosts', [master, ...nodes]);

/** Our own services, as the package brings them: those of a master, and the one of a node, which does the work of the last three. */
export const masterUnits = [
  ...['easycerts-nats', 'easycerts-ca'],
  ...['easycerts-certmgr', 'easycerts-config-renderer', 'easycerts-joiner'],
] as const;
export const nodeUnits = ['easycerts-agent'] as const;
export const ownUnits = [...masterUnits, ...nodeUnits];

/** What runs on a node. */
export const nodeComponents = ['containerd', 'kubelet', 'kube-proxy', 'flanneld'] as const;

/** What runs on a master besides: it is a Node too, that takes hardly any pods. */
export const controlPlane = [
  ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-addon-manager'],
] as const;

/** `systemctl is-active` of each: `active`, `inactive`, `failed`, … */
export async function unitStates(host: string, units: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await cluster.host(host).exec(['systemctl', 'is-active', ...units]);
  const states = stdout.trim().split('\n');
  return Object.fromEntries(units.map((unit, index) => [unit, states[index] ?? '']));
}

/** The main process of each unit, with its start: another one differs, also when it has the same number. */
export async function mainProcesses(host: string, units: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const show = ['systemctl', 'show', '--property', 'MainPID,ExecMainStartTimestampMonotonic', ...units];
  const blocks = (await cluster.host(host).mustExec(show)).trim().split('\n\n');
  return Object.fromEntries(units.map((unit, index) => [unit, blocks[index]?.replace('\n', ' ') ?? '']));
}

/** The same state for each of the units. */
export function allIn(state: string, units: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(units.map((unit) => [unit, state]));
}

/** What `systemctl --failed` lists. */
export async function failedUnits(host: string): Promise<readonly string[]> {
  const listed = await cluster.host(host).mustExec(['systemctl', '--failed', '--plain', '--no-legend']);
  return listed.split('\n').flatMap((line) => line.split(' ')[0] || []);
}

/** Waits until every one of these Nodes is Ready; with a time, until each has said so since. */
export async function nodesReady(names: readonly string[], timeoutMs = 120_000, since?: Date): Promise<void> {
  await eventually(
    `${names.join(', ')} Ready`,
    async () => {
      const ready = await readyNodes(since);
      return names.every((name) => ready.includes(name));
    },
    { timeoutMs },
  );
}

/** Names of the Nodes that are Ready, sorted. With a time: that have said so since. */
export async function readyNodes(since?: Date): Promise<readonly string[]> {
  const { items } = await cluster.get<{
    items: readonly {
      readonly metadata: { readonly name: string };
      readonly status: {
        readonly conditions: readonly {
          readonly type: string;
          readonly status: string;
          readonly lastHeartbeatTime: string;
        }[];
      };
    }[];
  }>(['nodes']);
  const isReady = ({ status }: (typeof items)[number]): boolean =>
    status.conditions.some(
      ({ lastHeartbeatTime, status: is, type }) =>
        type === 'Ready' && is === 'True' && (since === undefined || new Date(lastHeartbeatTime) > since),
    );
  return items
    .filter(isReady)
    .map(({ metadata }) => metadata.name)
    .sort();
}

/** Everything that was stored so far, each event once: an event may come twice with one id. */
export async function events(...words: readonly string[]): Promise<readonly PrintedEvent[]> {
  const all = await storedEvents(cluster, ...words);
  return [...new Map(all.map((event) => [event.id, event])).values()];
}

/** The audit trail: everything that was refused. */
export function audit(): Promise<readonly PrintedEvent[]> {
  return events('--audit');
}

/** Archives of images on every host: there is no registry. */
export const imageArchives = Object.values(images()).map(({ archive }) => `${hostImagesDir}/${basename(archive)}`);

/** References of the images that the kubelet of a host can use. */
export async function importedImages(host: string): Promise<readonly string[]> {
  const list = ['ctr', '--namespace', 'k8s.io', 'images', 'list', '--quiet'];
  return (await cluster.host(host).mustExec(list)).split('\n');
}

/** Under which name a host is remembered as it was before it joined. */
export function snapshotBefore(host: string): string {
  return `${host} before it joined`;
}

/** A token that is made on the master, for a node. */
export async function createToken(...words: readonly string[]): Promise<string> {
  return (await cluster.mustExec(['ca', 'token', 'create', ...words])).trim();
}

/** `joiner join < token` on a host, to its end. */
export function joinHost(name: string, token: string, ...words: readonly string[]): Promise<Ended> {
  return cluster.host(name).exec(['joiner', 'join', ...words], { input: `${token}\n`, timeoutMs: 300_000 });
}

/** A line of `ca host list --json`. */
export interface ListedHost {
  readonly name: string;
  readonly roles: readonly string[];
  readonly addresses: readonly string[];
  readonly state: string;
}

/** The register of hosts, as the master shows it. */
export async function listHosts(): Promise<readonly ListedHost[]> {
  return JSON.parse(await cluster.mustExec(['ca', 'host', 'list', '--json'])) as readonly ListedHost[];
}
