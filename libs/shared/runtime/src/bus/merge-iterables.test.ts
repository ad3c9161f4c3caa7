import assert from 'node:assert/strict';
import test from 'node:test';
import { collect } from '@easycerts/testing';
import { interleave, mergeSorted } from './merge-iterables.ts';

async function* listOf<T>(values: readonly T[], onEnd: () => void = () => undefined): AsyncGenerator<T, void> {
  try {
    for (const value of values) yield value;
  } finally {
    onEnd();
  }
}

const byNumber = (one: number, other: number): number => one - other;

test('sorted sequences become one sorted sequence', async () => {
  const merged = mergeSorted([listOf([1, 4, 9]), listOf([]), listOf([2, 3, 10])], byNumber);
  assert.deepEqual(await collect(merged), [1, 2, 3, 4, 9, 10]);
});

test('of equals the earlier sequence goes first', async () => {
  const merged = mergeSorted(
    [listOf([['a', 1]]), listOf([['b', 1]])] as const,
    (one, other) => Number(one[1]) - Number(other[1]),
  );
  assert.deepEqual(
    (await collect(merged)).map(([name]) => name),
    ['a', 'b'],
  );
});

test('nothing merged is nothing', async () => {
  assert.deepEqual(await collect(mergeSorted<number>([], byNumber)), []);
  assert.deepEqual(await collect(interleave<number>([])), []);
});

test('a merge that is left early ends all its sources', async () => {
  let ended = 0;
  const end = (): void => {
    ended += 1;
  };
  for await (const _ of mergeSorted([listOf([1, 2], end), listOf([3], end)], byNumber)) break;
  assert.equal(ended, 2);
});

test('a merge fails when a source does', async () => {
  async function* failing(): AsyncGenerator<number, void> {
    yield 1;
    throw new Error('source');
  }
  await assert.rejects(collect(mergeSorted([failing(), listOf([2])], byNumber)), /source/);
  await assert.rejects(collect(interleave([failing(), listOf([2])])), /source/);
});

test('interleaved values come as they arrive, until all sources have ended', async () => {
  const gate = Promise.withResolvers<void>();
  async function* late(): AsyncGenerator<string, void> {
    await gate.promise;
    yield 'late';
  }
  const got: string[] = [];
  for await (const value of interleave([late(), listOf(['early 1', 'early 2'])])) {
    got.push(value);
    if (value === 'early 2') gate.resolve();
  }
  assert.deepEqual(got, ['early 1', 'early 2', 'late']);
});
