/** Two CAs under the same load, in turn. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node, specOf } from '../../../apps/ca/test/fixture.ts';
import { manyCsrs } from '../../issuing/many-csrs.ts';
import { cpuSecondsOf, memoryOf } from '../master-memory.ts';
import { type Result, type Spread, spreadOf } from '../result.ts';
import type { RunningSide, Side } from './sides.ts';
import { type Measured, runWrk } from './wrk.ts';

export interface Comparison {
  readonly name: string;
  readonly ours: Side;
  readonly theirs: Side;
  readonly connections: number;
  readonly goal: string;
  readonly what: string;
}

/** What one side did in one round. */
interface Round extends Measured {
  readonly cpuMicroseconds: number;
  readonly pssMiB: number;
}

/** Before it is measured: V8 compiles what is used often, for seconds. */
const warmUp = { seconds: 8, requests: 70_000 };
/** No CA that we know does more within its time. */
const measured = { seconds: 3, requests: 50_000 };

/** Our share of their certificates a second. */
export async function compare(
  { name, ours, theirs, connections, goal, what }: Comparison,
  rounds: number,
  say: (line: string) => void,
): Promise<Result> {
  const csrs = await manyCsrs(specOf(node, 'kubelet'), warmUp.requests + measured.requests);
  const done: { readonly ours: Round[]; readonly theirs: Round[] } = { ours: [], theirs: [] };
  for (let round = 1; round <= rounds; round++) {
    done.ours.push(await roundOf(ours, csrs, connections));
    done.theirs.push(await roundOf(theirs, csrs, connections));
    const line = (side: Round | undefined): string =>
      `${side?.perSecond.toFixed(0)}/s, p99 ${side?.p99Ms.toFixed(1)} ms`;
    say(`  round ${round}: ${ours.name} ${line(done.ours.at(-1))}; ${theirs.name} ${line(done.theirs.at(-1))}`);
  }
  const spread = (side: readonly Round[], of: keyof Round): Spread => spreadOf(side.map((round) => round[of]));
  const both = (of: keyof Round, digits = 0): string =>
    `${spread(done.ours, of).median.toFixed(digits)} against ${spread(done.theirs, of).median.toFixed(digits)}`;
  const [mine, other] = [spread(done.ours, 'perSecond'), spread(done.theirs, 'perSecond')];
  return {
    name,
    what,
    ours: mine,
    theirs: other,
    ratio: mine.median / other.median,
    unit: '/s',
    goal,
    notes: [
      `p50 ${both('p50Ms', 1)} ms, p99 ${both('p99Ms', 1)} ms; ${both('cpuMicroseconds')} µs of processor a certificate; ${both('pssMiB')} MiB PSS`,
    ],
  };
}

async function roundOf(side: Side, csrs: readonly Uint8Array[], connections: number): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'easycerts-bench-requests-'));
  const running = await side.start();
  try {
    const file = join(folder, 'bodies');
    writeFileSync(file, csrs.map((csr) => `${running.bodyOf(csr)}\n`).join(''));
    const { url } = running;
    await runWrk({ url, connections, seconds: warmUp.seconds, file, first: 0, count: warmUp.requests });
    const before = cpuSecondsOf(running.pids());
    const load = {
      url,
      connections,
      seconds: measured.seconds,
      file,
      first: warmUp.requests,
      count: measured.requests,
    };
    const found = await runWrk(load);
    return { ...found, ...usedBy(running, before, found.requests) };
  } finally {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function usedBy(running: RunningSide, before: number, requests: number) {
  const pids = running.pids();
  return {
    cpuMicroseconds: ((cpuSecondsOf(pids) - before) * 1e6) / requests,
    pssMiB: memoryOf(pids).pssMiB,
  };
}
