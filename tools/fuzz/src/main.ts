/**
 * `npm run fuzz [-- <target>…] [--seconds N] [--seed S]`: mutates what a target reads, led by coverage, for so many seconds each.
 * New inputs for the corpus and whatever broke something are kept in vectors/fuzz/<target>.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { findTargets, readArguments } from './arguments.ts';

const root = resolve(import.meta.dirname, '../../..');
/** A target that keeps what it reads runs into this; all of the corpus takes a tenth. */
const heapMiB = 512;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const asked = readArguments(words, new Date().toISOString().slice(0, 10));
  const targets = await findTargets(root);
  const names = typeof asked === 'string' || asked.targets.length === 0 ? [...targets.keys()] : asked.targets;
  const unknown = names.filter((name) => !targets.has(name));
  if (typeof asked === 'string' || unknown.length > 0) {
    const problem = typeof asked === 'string' ? asked : `there is no target ${unknown.join(', ')}`;
    process.stderr.write(`error: ${problem}\ncure: npm run fuzz -- <${[...targets.keys()].join('|')}> --seconds 60\n`);
    return 2;
  }
  const failed: string[] = [];
  for (const name of names) if (!(await runTarget(targets.get(name) ?? '', asked))) failed.push(name);
  if (failed.length > 0) process.stderr.write(`broken: ${failed.join(', ')}\n`);
  return failed.length === 0 ? 0 : 1;
}

async function runTarget(file: string, { seconds, seed }: { seconds: number; seed: string }): Promise<boolean> {
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMiB}`, '--test-reporter=spec', file], {
    cwd: root,
    env: { ...process.env, EASYCERTS_FUZZ: JSON.stringify({ seconds, seed }) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'close');
  return code === 0;
}
