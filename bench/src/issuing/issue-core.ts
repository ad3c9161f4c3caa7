/** One certificate's way through the CA without network and ledger, against what OpenSSL needs for one verification and one signature. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Result, spreadOf } from '../result.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../issuing/core.ts');
const count = 10_000;

export async function issueCore(rounds: number, say: (line: string) => void): Promise<Result> {
  const ours: number[] = [];
  const limit: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    ours.push(await oursPerSecond());
    limit.push(await limitPerSecond());
    say(`  round ${round}: ours ${ours.at(-1)?.toFixed(0)}/s, OpenSSL alone ${limit.at(-1)?.toFixed(0)}/s`);
  }
  const [mine, most] = [spreadOf(ours), spreadOf(limit)];
  return {
    name: 'issue-core-vs-openssl-limit',
    what: 'certificates a second of processor, from CSR to self-checked certificate; theirs: `openssl speed`, one verification and one signature each',
    ours: mine,
    theirs: most,
    ratio: mine.median / most.median,
    unit: '/s',
    goal: '≥ 0.5',
  };
}

async function oursPerSecond(): Promise<number> {
  const { stdout } = await run(process.execPath, [program, String(count)], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
  return count / (JSON.parse(stdout) as { seconds: number }).seconds;
}

/** It counts the processor's time, too. */
async function limitPerSecond(): Promise<number> {
  const { stdout } = await run('openssl', ['speed', '-seconds', '1', 'ecdsap256']);
  const [sign, verify] = /([\d.]+)\s+([\d.]+)\s*$/.exec(stdout.trim())?.slice(1).map(Number) ?? [];
  if (!sign || !verify) throw new Error(`openssl speed: ${stdout}`);
  return 1 / (1 / sign + 1 / verify);
}
