/** Two hundred hosts without kubelets join in one burst, against the same hosts joining one after the other. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BurstReport } from '../simulated-hosts/burst-report.ts';
import { type BenchCluster, startBenchCluster } from './hosts-cluster.ts';
import { watchMemory } from './master-memory.ts';
import { type Result, spreadOf } from './result.ts';

const program = join(import.meta.dirname, '../simulated-hosts/main.ts');
const hostCount = 200;
/** In memory where there is such a place: two hundred disks are not one. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** One after the other: enough for a median. */
const aloneCount = 10;
const longestMs = 600_000;

export async function joinBurst(rounds: number, say: (line: string) => void): Promise<Result> {
  const cluster = await startBenchCluster('bench-join-burst', [], say);
  const folder = mkdtempSync(join(place, 'easycerts-bench-burst-'));
  const ours: number[] = [];
  const theirs: number[] = [];
  const notes: string[] = [];
  try {
    const run = runnerOf(cluster, folder);
    await run('join', { count: 1, first: 900 }); // loads what is loaded once
    await run('leave', { count: 1, first: 900 });
    for (let round = 1; round <= rounds; round++) {
      for (let index = 0; index < aloneCount; index++) {
        const { elapsedMs } = await run('join', { count: 1, first: 901 + index });
        theirs.push(elapsedMs / 1_000);
      }
      await run('leave', { count: aloneCount, first: 901 });
      const memory = await watchMemory(cluster.master);
      const { elapsedMs, cpuMs, hosts } = await run('join', { count: hostCount, first: 1 });
      const { peak, cpuS } = memory.stop();
      await run('leave', { count: hostCount, first: 1 });
      ours.push(elapsedMs / 1_000 / hostCount);
      const line = [
        `${(hostCount / (elapsedMs / 1_000)).toFixed(1)} hosts/s, all have everything after ${(elapsedMs / 1_000).toFixed(1)} s`,
        `enrol p50 ${percentile(hosts, 0.5)} ms, p99 ${percentile(hosts, 0.99)} ms`,
        `CA and bus at most ${peak.pssMiB.toFixed(0)} MiB PSS (${peak.rssMiB.toFixed(0)} MiB RSS)`,
        `${((cpuS * 1_000) / hostCount).toFixed(0)} ms of processor a host, the simulated hosts themselves ${(cpuMs / hostCount).toFixed(0)} ms`,
      ].join('; ');
      say(`  round ${round}: ${line}`);
      notes.push(line);
    }
  } finally {
    await cluster.down();
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    name: 'join-burst',
    what: `a host without kubelet with its five certificates, of ${hostCount} that join at once; theirs: one that joins alone`,
    ours: spreadOf(ours),
    theirs: spreadOf(theirs),
    ratio: spreadOf(ours).median / spreadOf(theirs).median,
    unit: 's',
    goal: '< 1: a burst takes no longer than a queue',
    notes,
  };
}

interface Which {
  readonly count: number;
  readonly first: number;
}

function runnerOf(
  { hosts, master }: BenchCluster,
  folder: string,
): (kind: 'join' | 'leave', which: Which) => Promise<BurstReport> {
  const [tokenFile, hostsFile] = [join(folder, 'token'), join(folder, 'hosts-file')];
  writeFileSync(hostsFile, readFileSync(master.file('/etc/hosts')));
  return async (kind, which) => {
    if (kind === 'join') {
      const token = await master.mustExec(['ca', 'token', 'create', '--role', 'node', '--uses', String(which.count)]);
      writeFileSync(tokenFile, token, { mode: 0o600 });
    }
    const options = { master: 'm1', folder: join(folder, 'hosts'), 'token-file': tokenFile, 'hosts-file': hostsFile };
    const all = { ...options, ...which, processes: Math.min(4, which.count) };
    const words = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const timeoutMs = longestMs;
    const { code, stdout, stderr } = await hosts.outside([process.execPath, program, kind, ...words], { timeoutMs });
    if (code !== 0) throw new Error(`${kind} ${which.count} hosts: ${stdout.slice(0, 2_000)}${stderr}`);
    return JSON.parse(stdout) as BurstReport;
  };
}

/** Of the time that the CA took to answer, pinned CA found first; whole milliseconds. */
function percentile(hosts: BurstReport['hosts'], share: number): number {
  const sorted = hosts.flatMap(({ report }) => report?.enrolMs ?? []).toSorted((a, b) => a - b);
  return Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN);
}
