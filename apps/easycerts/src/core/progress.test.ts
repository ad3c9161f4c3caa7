import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedLines, durationOf, isComplete, type ProgressLine, unfinishedLines } from './progress.ts';

const line = (name: string, state: ProgressLine['state'], rest: Partial<ProgressLine> = {}): ProgressLine => ({
  name,
  state,
  ...rest,
});

test('a change of state is news once', () => {
  const before = [line('etcd', 'working'), line('api', 'waiting')];
  const after = [line('etcd', 'done'), line('api', 'working')];
  assert.deepEqual(changedLines(before, after), after);
  assert.deepEqual(changedLines(after, after), []);
});
test('a new line is news unless it waits; another detail is none', () => {
  assert.deepEqual(changedLines([], [line('a', 'waiting'), line('b', 'done')]), [line('b', 'done')]);
  assert.deepEqual(changedLines([line('a', 'working', { detail: '1' })], [line('a', 'working', { detail: '2' })]), []);
});
test('all is done when every line is; no lines at all are not all', () => {
  assert.ok(isComplete([line('a', 'done')]));
  assert.ok(!isComplete([line('a', 'done'), line('b', 'waiting')]));
  assert.ok(!isComplete([]));
});
test('what stands in the way: failures before work before waiting', () => {
  const lines = [line('a', 'done'), line('b', 'waiting'), line('c', 'working'), line('d', 'failed')];
  assert.deepEqual(
    unfinishedLines(lines).map(({ name }) => name),
    ['d'],
  );
  assert.deepEqual(
    unfinishedLines(lines.slice(0, 3)).map(({ name }) => name),
    ['c'],
  );
  assert.deepEqual(
    unfinishedLines(lines.slice(0, 2)).map(({ name }) => name),
    ['b'],
  );
  assert.deepEqual(unfinishedLines(lines.slice(0, 1)), []);
});
test('a duration goes on until the end is known, and never runs backwards', () => {
  assert.equal(durationOf(line('a', 'working', { startedAtMs: 10 }), 30), 20);
  assert.equal(durationOf(line('a', 'done', { startedAtMs: 10, endedAtMs: 15 }), 30), 5);
  assert.equal(durationOf(line('a', 'working', { startedAtMs: 50 }), 30), 0);
  assert.equal(durationOf(line('a', 'waiting'), 30), undefined);
});
