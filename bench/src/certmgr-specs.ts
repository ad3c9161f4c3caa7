/** certmgr with ten thousand specs: what a pass costs once everything was seen, against the first one, which reads it all. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KeptSpecs } from '../certmgr-specs/kept-specs.ts';
import { type Result, spreadOf } from './result.ts';

const run = promisify(execFile);
const programs = join(import.meta.dirname, '../certmgr-specs');
const count = 10_000;
const laterPasses = 3;

export async function certmgrSpecs(rounds: number, say: (line: string) => void): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'easycerts-bench-specs-'));
  try {
    for (const specs of [1, count]) {
      await run(process.execPath, [join(programs, 'make-specs.ts'), join(folder, String(specs)), String(specs)]);
    }
    const seen: KeptSpecs[] = [];
    for (let round = 1; round <= rounds; round++) {
      const kept = await keep(join(folder, String(count)));
      seen.push(kept);
      say(`  round ${round}: later passes ${kept.laterS.join(', ')} s, the first ${firstOf(kept).toFixed(2)} s`);
    }
    const empty = await keep(join(folder, '1'));
    return resultOf(seen, empty);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As the package runs it: V8 collects sooner, and its young generation is small (docs/adr/0021). */
async function keep(root: string): Promise<KeptSpecs> {
  const args = [
    '--optimize-for-size',
    '--semi-space-growth-factor=1',
    join(programs, 'keep-specs.ts'),
    root,
    String(laterPasses),
  ];
  const { stdout } = await run(process.execPath, args);
  return JSON.parse(stdout) as KeptSpecs;
}

/** The look that follows on the first is in its figure. */
function firstOf({ firstTwoS, laterS }: KeptSpecs): number {
  return firstTwoS - spreadOf(laterS).median;
}

function resultOf(seen: readonly KeptSpecs[], empty: KeptSpecs): Result {
  const [ours, theirs] = [spreadOf(seen.flatMap(({ laterS }) => laterS)), spreadOf(seen.map(firstOf))];
  const median = (field: 'rssMiB' | 'peakMiB' | 'idleS' | 'timers'): number =>
    spreadOf(seen.map((kept) => kept[field])).median;
  return {
    name: 'certmgr-10000-specs',
    what: 'a pass over 10,000 specs in which nothing has changed; theirs: the first pass of the process, which reads and verifies all',
    ours,
    theirs,
    ratio: ours.median / theirs.median,
    unit: 's of processor',
    goal: 'ours < 1 s',
    notes: [
      `${median('rssMiB').toFixed(0)} MiB resident, at most ${median('peakMiB').toFixed(0)}, run from the sources, ${empty.rssMiB.toFixed(0)} of them with one spec (goal: below 150 MB)`,
      'where the time of the first pass goes: [benchmarks/certmgr-specs.md](benchmarks/certmgr-specs.md)',
      `${(median('idleS') * 1_000).toFixed(1)} ms of processor in ${empty.idleForS} s between passes, ${median('timers')} timer`,
    ],
  };
}
