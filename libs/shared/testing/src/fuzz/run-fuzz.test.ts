import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '@easycerts/core';
import type { FuzzLimits, FuzzTarget } from './fuzz-target.ts';
import { distil, runFuzz } from './run-fuzz.ts';

const good: FuzzTarget = {
  name: 'planted',
  format: 'json',
  seeds: ['{"name":"n1","ports":[80,443]}'],
  refusals: ['INVALID_INPUT'],
  read(input) {
    try {
      return JSON.parse(Buffer.from(input).toString('utf8')) as unknown;
    } catch (cause) {
      throw new AppError('INVALID_INPUT', 'not JSON', { cause });
    }
  },
};
const seeds = good.seeds.map((seed) => new TextEncoder().encode(String(seed)));
const run = (read: FuzzTarget['read'], limits = {}) =>
  runFuzz({ target: { ...good, read, limits }, seed: 'x', corpus: seeds, until: { inputs: 5_000 } });
const textOf = (input: Uint8Array): string => Buffer.from(input).toString('latin1');

describe('a reader is found out that', () => {
  const rows: readonly [string, RegExp, FuzzTarget['read'], Partial<FuzzLimits>?][] = [
    ['throws something else', /TypeError/, (input) => (good.read(input) as { name: string }).name.length],
    ['refuses with another code', /refused with DAMAGED/, (input) => refuse(input, 'DAMAGED', 'broken')],
    [
      'repeats its input in the message',
      /control characters/,
      (input) => refuse(input, 'INVALID_INPUT', textOf(input)),
    ],
    [
      'says more than anyone reads',
      /refused with \d+ characters/,
      (input) => refuse(input, 'INVALID_INPUT', 'x'.repeat(9_999)),
    ],
    ['changes its input', /changed its input/, (input) => input.fill(0)],
    [
      'has no end for some input',
      /does not end/,
      (input) => textOf(input).includes('443]}]') && forever(),
      { hangMs: 300 },
    ],
    ['takes long for some input', /took/, (input) => input.length > 100 && spin(60)],
    ['takes much memory', /allocated/, (input) => input.length > 100 && new Uint8Array(8_000_000), { timeMs: 1_000 }],
    ['recurses without end', /RangeError/, (input) => (textOf(input).includes('{}') ? deep(0) : 0)],
  ];
  for (const [what, problem, read, limits] of rows) {
    it(what, () => {
      const { crash } = run(read, limits);
      assert.match(crash?.problem ?? 'nothing was found', problem);
    });
  }
});

describe('a run', () => {
  it('is the same each time, by its seed', () => {
    const inputsOf = (seed: string) => {
      const seen: string[] = [];
      const read = (input: Uint8Array) => seen.push(textOf(input));
      runFuzz({ target: { ...good, read }, seed, corpus: seeds, until: { inputs: 400 } });
      return seen;
    };
    assert.deepEqual(inputsOf('one'), inputsOf('one'));
    assert.notDeepEqual(inputsOf('one'), inputsOf('two'));
    assert.ok(new Set(inputsOf('one')).size > 200);
  });

  it('finds nothing in a reader that is right', () => {
    const { crash, inputs, accepted } = run(good.read);
    assert.equal(crash, undefined);
    assert.equal(inputs, 5_000);
    assert.ok(accepted.length > 100);
  });

  it('makes what broke the reader small', () => {
    const { crash } = run((input) => assert.equal(textOf(input).includes('\0'), false));
    assert.deepEqual(crash?.input, Uint8Array.of(0));
  });

  it('keeps for the corpus only what reaches more than the seeds do', () => {
    // Coverage is of sources of ours: this file is none, the mutations are none, the error class is one.
    const target = {
      ...good,
      read: (input: Uint8Array) => (input.length > 3 ? refuse(input, 'INVALID_INPUT', 'x') : 1),
    };
    const inputs = [Uint8Array.of(1, 2, 3, 4, 5), Uint8Array.of(1, 2, 3, 4)];
    assert.ok(distil(target, [Uint8Array.of(1)], inputs).length <= 1);
    assert.deepEqual(distil(target, inputs, inputs), []);
  });
});

function refuse(input: Uint8Array, code: 'DAMAGED' | 'INVALID_INPUT', message: string): unknown {
  if (input.includes(0)) throw new AppError(code, message);
  return input;
}

function forever(): never {
  for (;;);
}

function spin(timeMs: number): number {
  const endAt = performance.now() + timeMs;
  while (performance.now() < endAt);
  return timeMs;
}

function deep(at: number): number {
  return deep(at + 1) + 1;
}
