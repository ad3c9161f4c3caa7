/** One run of the fuzzer: mutate what is known, judge it, keep what reaches new code, stop at the first thing that breaks. */

import { performance } from 'node:perf_hooks';
import { type Chance, chanceOf } from './chance.ts';
import { openCoverage } from './coverage.ts';
import { endsWithin } from './deadline.ts';
import { type FuzzTarget, usualLimits } from './fuzz-target.ts';
import { judge } from './judge.ts';
import { mutate } from './mutate.ts';

export interface FuzzRun {
  readonly target: FuzzTarget;
  readonly seed: string;
  /** What the first mutations are made of. */
  readonly corpus: readonly Uint8Array[];
  /** How many inputs, or for how long: the long run is led by coverage and finds new inputs for the corpus. */
  readonly until: { readonly inputs: number } | { readonly seconds: number };
}

export interface FuzzResult {
  readonly inputs: number;
  readonly accepted: readonly Uint8Array[];
  /** Inputs that reached code which nothing before had reached. */
  readonly found: readonly Uint8Array[];
  readonly crash: { readonly input: Uint8Array; readonly problem: string } | undefined;
}

const batchSize = 200;
const maxAccepted = 400;

/** Runs until it has done its work or something breaks. */
export function runFuzz(run: FuzzRun): FuzzResult {
  const state: State = {
    ...run,
    corpus: [...run.corpus],
    chance: chanceOf(run.seed),
    accepted: [],
    found: [],
    inputs: 0,
  };
  const isLed = 'seconds' in run.until;
  const coverage = isLed ? openCoverage() : undefined;
  try {
    const endAt = performance.now() + ('seconds' in run.until ? run.until.seconds * 1_000 : 0);
    const isDone = () => ('inputs' in run.until ? state.inputs >= run.until.inputs : performance.now() > endAt);
    let crash = judgeAll(run.target, run.corpus);
    coverage?.take();
    while (crash === undefined && !isDone()) {
      const batch = nextBatch(state);
      crash = judgeAll(run.target, batch, (input) => keepAccepted(state, input));
      state.inputs += batch.length;
      if (coverage !== undefined && coverage.take() > 0) learn(state, batch, run.target);
    }
    return { inputs: state.inputs, accepted: state.accepted, found: state.found, crash };
  } finally {
    coverage?.close();
  }
}

interface State {
  readonly target: FuzzTarget;
  readonly chance: Chance;
  readonly corpus: Uint8Array[];
  readonly accepted: Uint8Array[];
  readonly found: Uint8Array[];
  inputs: number;
}

function nextBatch({ target, chance, corpus }: State): readonly Uint8Array[] {
  const material = { others: corpus, words: target.words ?? [] };
  return Array.from({ length: batchSize }, () => mutate(target.format, chance.oneOf(corpus), chance, material));
}

/** The first input of these that breaks something, as small as it can be made. */
export function judgeAll(
  target: FuzzTarget,
  inputs: readonly Uint8Array[],
  onAccepted?: (input: Uint8Array) => void,
): FuzzResult['crash'] {
  let at = 0;
  let problem: string | undefined;
  const hasEnded = endsWithin(target.limits?.hangMs ?? usualLimits.hangMs, () => {
    for (; at < inputs.length && problem === undefined; at++) {
      const verdict = judge(target, inputs[at] as Uint8Array);
      problem = verdict.problem;
      if (problem !== undefined) return;
      if (verdict.isAccepted) onAccepted?.(inputs[at] as Uint8Array);
    }
  });
  if (!hasEnded) return { input: inputs[at] as Uint8Array, problem: 'does not end' };
  if (problem === undefined) return undefined;
  return { input: smallest(target, inputs[at] as Uint8Array, problem), problem };
}

/** The inputs that reach what no shorter one of them does, nor a seed: enough to begin the next run with. */
export function distil(target: FuzzTarget, seeds: readonly Uint8Array[], inputs: readonly Uint8Array[]): Uint8Array[] {
  const coverage = openCoverage();
  try {
    judgeAll(target, seeds);
    coverage.take();
    return [...inputs]
      .sort((one, other) => one.length - other.length)
      .filter((input) => {
        judgeAll(target, [input]);
        return coverage.take() > 0;
      });
  } finally {
    coverage.close();
  }
}

function keepAccepted({ accepted, chance }: State, input: Uint8Array): void {
  if (accepted.length < maxAccepted) accepted.push(input);
  else if (chance.onceIn(20)) accepted[chance.below(maxAccepted)] = input;
}

/** Something in the batch reached new code: which inputs did is found by running halves of it again, as code. */
function learn(state: State, batch: readonly Uint8Array[], target: FuzzTarget): void {
  const coverage = openCoverage();
  try {
    judgeAll(target, state.corpus);
    coverage.take();
    for (let from = 0; from < batch.length; from += 10) {
      const some = batch.slice(from, from + 10);
      judgeAll(target, some);
      if (coverage.take() === 0) continue;
      state.corpus.push(...some);
      state.found.push(...some);
    }
  } finally {
    coverage.close();
  }
}

/** Leaves out whatever is not needed for the problem; only its kind has to stay. */
function smallest(target: FuzzTarget, input: Uint8Array, problem: string): Uint8Array {
  const kind = kindOf(problem);
  let small = input;
  const endAt = performance.now() + 3_000;
  for (let size = Math.ceil(small.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < small.length && performance.now() < endAt; ) {
      const less = Uint8Array.from([...small.subarray(0, at), ...small.subarray(at + size)]);
      const found = judge(target, less).problem;
      if (found !== undefined && kindOf(found) === kind) small = less;
      else at += size;
    }
  }
  return small;
}

function kindOf(problem: string): string {
  return problem.slice(0, 20);
}
