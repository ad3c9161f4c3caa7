/** What a node pays in memory for us: the agent, against the three services that it is, each in a process of its own. */

import { setTimeout as after } from 'node:timers/promises';
import { agentReplaces, agentUnit } from '@easycerts/cluster';
import type { Host } from '@easycerts/test-hosts';
import { startBenchCluster } from './hosts-cluster.ts';
import { type Result, spreadOf } from './result.ts';

/** After it has looked at everything a few times, and collected its garbage. */
const settleMs = 45_000;
const looks = 10;
const lookMs = 1_500;
/** Issuing takes a second; then whoever uses them is told. */
const renewMs = 15_000;

export async function agentMemory(rounds: number, say: (line: string) => void): Promise<Result> {
  const { hosts, master, down } = await startBenchCluster('bench-agent-memory', ['n1'], say);
  const [ours, theirs, ownOnly, peaks]: [number[], number[], number[], number[]] = [[], [], [], []];
  try {
    const node = hosts.host('n1');
    const token = await master.mustExec(['ca', 'token', 'create', '--role', 'node', '--name', 'n1']);
    await node.mustExec(['joiner', 'join'], { input: token, timeoutMs: 300_000 });
    for (let round = 1; round <= rounds; round++) {
      const separate = await residentOf(node, agentReplaces);
      const agent = await residentOf(node, [agentUnit]);
      theirs.push(separate.rssMiB);
      ours.push(agent.rssMiB);
      ownOnly.push(agent.pssMiB);
      const peak = await peakOf(node);
      peaks.push(peak);
      const agents = `agent ${agent.rssMiB.toFixed(1)} MiB, at most ${peak.toFixed(1)}`;
      say(`  round ${round}: ${agents}, three services ${separate.rssMiB.toFixed(1)} MiB`);
    }
  } finally {
    await down();
  }
  const [our, their] = [spreadOf(ours), spreadOf(theirs)];
  return {
    name: 'agent-memory',
    what: 'resident memory of a node’s agent that runs four components and keeps five certificates; theirs: certmgr, config-renderer and joiner as processes of their own, summed',
    ours: our,
    theirs: their,
    ratio: our.median / their.median,
    unit: 'MiB',
    goal: 'below 80 MiB',
    notes: [
      `PSS, which shares pages with others, ${spreadOf(ownOnly).median.toFixed(1)} MiB`,
      `at most ${Math.max(...peaks).toFixed(1)} MiB at any moment: its start, and all certificates of its host issued again`,
    ],
  };
}

interface Resident {
  readonly rssMiB: number;
  readonly pssMiB: number;
}

/** Starts the units, which stops the others (`Conflicts=`), and takes the most that is seen once they have settled. */
async function residentOf(node: Host, units: readonly string[]): Promise<Resident> {
  await node.mustExec(['systemctl', 'restart', ...units]);
  await after(settleMs);
  const script = 'for u; do cat /proc/$(systemctl show --property=MainPID --value $u)/smaps_rollup; done';
  let most: Resident = { rssMiB: 0, pssMiB: 0 };
  for (let look = 0; look < looks; look++) {
    const text = await node.mustExec(['sh', '-c', script, 'sh', ...units]);
    const sum = (field: string): number =>
      [...text.matchAll(new RegExp(`^${field}:\\s+(\\d+)`, 'gm'))].reduce((kib, [, value]) => kib + Number(value), 0) /
      1024;
    most = { rssMiB: Math.max(most.rssMiB, sum('Rss')), pssMiB: Math.max(most.pssMiB, sum('Pss')) };
    await after(lookMs);
  }
  return most;
}

/** The most that the agent has had since it started, in MiB, once it has got all certificates of its host again. */
async function peakOf(node: Host): Promise<number> {
  await node.mustExec(['sh', '-c', 'rm /var/lib/kubernetes/secrets/*']);
  await node.mustExec(['systemctl', 'kill', '--signal=HUP', '--kill-whom=main', agentUnit]);
  await after(renewMs);
  const script = 'cat /proc/$(systemctl show --property=MainPID --value $1)/status';
  const status = await node.mustExec(['sh', '-c', script, 'sh', agentUnit]);
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}
