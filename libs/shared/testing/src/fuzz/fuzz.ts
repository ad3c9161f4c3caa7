/**
 * The tests of one target: what is kept in vectors/fuzz is read, then mutations of it. In CI a fixed number of them; with
 * EASYCERTS_FUZZ (`npm run fuzz`) for as long as asked, led by coverage, and what was found is kept.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FuzzTarget } from './fuzz-target.ts';
import { distil, judgeAll, runFuzz } from './run-fuzz.ts';
import { type KeptInput, keepCorpus, keepCrash, readCorpus, readCrashes } from './vectors.ts';

/** Below a second for most targets. */
const inputsInCi = 4_000;

/** What `npm run fuzz` asks for. */
export interface LongRun {
  readonly seconds: number;
  readonly seed: string;
}

/** Declares the tests of a target. */
export function fuzz(target: FuzzTarget): void {
  const kept = readCorpus(target.name);
  const seeds = target.seeds.map((seed) => (typeof seed === 'string' ? new TextEncoder().encode(seed) : seed));
  const corpus = [...seeds, ...kept.map(({ input }) => input)];
  const long = longRunOf(process.env.EASYCERTS_FUZZ);

  describe(`fuzz ${target.name}`, { timeout: long === undefined ? 120_000 : long.seconds * 3_000 + 120_000 }, () => {
    it('accepts every seed', () => {
      for (const [at, seed] of seeds.entries())
        assert.notEqual(target.read(Uint8Array.from(seed)), false, `seed ${at}`);
    });

    it('reads what was kept, and what once broke it', () => assertNone(target, [...kept, ...readCrashes(target.name)]));

    it(long === undefined ? `reads ${inputsInCi} mutations` : `reads mutations for ${long.seconds} s`, async (t) => {
      const until = long === undefined ? { inputs: inputsInCi } : { seconds: long.seconds };
      const result = runFuzz({ target, corpus, seed: long?.seed ?? target.name, until });
      if (long !== undefined)
        keepCorpus(target.name, distil(target, seeds, [...kept.map(({ input }) => input), ...result.found]));
      t.diagnostic(`${result.inputs} inputs, ${result.accepted.length} accepted kept, ${result.found.length} new`);
      if (result.crash !== undefined) {
        const { input, problem } = result.crash;
        assert.fail(
          `${long === undefined ? Buffer.from(input).toString('base64') : keepCrash(target.name, input)}: ${problem}`,
        );
      }
      await target.agree?.([...seeds, ...result.accepted]);
    });
  });
}

function assertNone(target: FuzzTarget, kept: readonly KeptInput[]): void {
  for (const { where, input } of kept) {
    const crash = judgeAll(target, [input]);
    assert.equal(crash?.problem, undefined, where);
  }
}

function longRunOf(text: string | undefined): LongRun | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as LongRun);
}
