/** `joiner join` to a Ready node, against the same programs started by a script with everything made beforehand on that host. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '@easycerts/test-hosts';
import { startBenchCluster } from './hosts-cluster.ts';
import { type Result, spreadOf } from './result.ts';

const script = join(import.meta.dirname, '../by-hand/node.sh');
const service = 'easycerts-agent';
const components = ['kubelet', 'kube-proxy', 'flanneld', 'containerd'];
const goalS = 2;

export async function joinReady(rounds: number, say: (line: string) => void): Promise<Result> {
  const { hosts, master, down } = await startBenchCluster('bench-join-ready', ['n1'], say);
  const ours: number[] = [];
  const theirs: number[] = [];
  const shares = new Map<string, number[]>();
  try {
    const node = hosts.host('n1');
    const token = (): Promise<string> => master.mustExec(['ca', 'token', 'create', '--role', 'node', '--name', 'n1']);
    await timeJoin(node, await token()); // fills the disk's cache, as for the other side
    for (let round = 1; round <= rounds; round++) {
      theirs.push(await timeByHand(node, master));
      await node.mustExec(['systemctl', 'start', service]);
      await node.mustExec(['joiner', 'leave']);
      const { seconds, phases } = await timeJoin(node, await token());
      ours.push(seconds);
      for (const [phase, ms] of phases) shares.set(phase, [...(shares.get(phase) ?? []), ms / 1_000]);
      say(`  round ${round}: joiner join ${seconds.toFixed(1)} s, by hand ${theirs.at(-1)?.toFixed(1)} s`);
    }
  } finally {
    await down();
  }
  const [our, their] = [spreadOf(ours), spreadOf(theirs)];
  const difference = our.median - their.median;
  const parts = [...shares].map(([phase, values]) => `${phase} ${spreadOf(values).median.toFixed(1)}`);
  return {
    name: 'join-ready',
    what: '`joiner join` to node Ready on a host with systemd; by hand: `systemctl start` with certificates and configuration made beforehand on that host',
    ours: our,
    theirs: their,
    ratio: our.median / their.median,
    unit: 's',
    goal: `at most ${goalS} s longer`,
    notes: [`${difference.toFixed(1)} s longer (goal: at most ${goalS} s)`, `phases in seconds: ${parts.join(', ')}`],
  };
}

interface Joined {
  readonly seconds: number;
  readonly phases: readonly (readonly [phase: string, ms: number])[];
}

async function timeJoin(node: Host, token: string): Promise<Joined> {
  const words = ['sh', '-ec', 'date +%s%N; joiner join --json; date +%s%N'];
  const lines = (await node.mustExec(words, { input: token })).trim().split('\n');
  const reports = lines.slice(1, -1).map((line) => JSON.parse(line) as Report);
  const ended = reports.filter(({ state }) => state === 'done' || state === 'skipped');
  return {
    seconds: secondsBetween(lines[0], lines.at(-1)),
    phases: ended.map(({ phase, durationMs }) => [phase, durationMs] as const),
  };
}

interface Report {
  readonly phase: string;
  readonly state: string;
  readonly durationMs: number;
}

/** From a node that has joined: everything stops, Kubernetes forgets it, what it needs stays. */
async function timeByHand(node: Host, master: Host): Promise<number> {
  await node.mustExec(['systemctl', 'stop', service]);
  await node.mustExec(['systemctl', 'stop', ...components]);
  const kubectl = '/opt/kubernetes/bin/kubectl';
  await master.mustExec([kubectl, '--kubeconfig', '/etc/kubernetes/cluster-admin.kubeconfig', 'delete', 'node', 'n1']);
  const printed = await node.mustExec(['bash', '-s'], { input: readFileSync(script, 'utf8') });
  const [begin, end] = printed.trim().split('\n');
  return secondsBetween(begin, end);
}

function secondsBetween(begin = '', end = ''): number {
  return Number(BigInt(end) - BigInt(begin)) / 1e9;
}
