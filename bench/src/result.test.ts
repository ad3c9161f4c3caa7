import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdownOf, spreadOf } from './result.ts';

test('the median of an even number of values lies between the middle two', () => {
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { min: 1, median: 2.5, max: 4 });
  assert.deepEqual(spreadOf([5, 9, 7]), { min: 5, median: 7, max: 9 });
});

test('the report has a row a result', () => {
  const spread = spreadOf([1]);
  const result = { name: 'x', ratio: 1, ours: spread, theirs: spread, unit: 's', what: 'a', goal: '≤ 1.5' };
  assert.match(markdownOf([result], 'm'), /\| `x` \| a \| 1\.00 \/ \*\*1\.00\*\* \/ 1\.00 s \|/);
});

test('a benchmark that was not run keeps its row and its notes, one that was gets new ones', () => {
  const spread = spreadOf([1]);
  const result = {
    name: 'x',
    ratio: 1,
    ours: spread,
    theirs: spread,
    unit: 's',
    what: 'a',
    goal: '≤ 1.5',
    notes: ['n'],
  };
  const before = markdownOf([result, { ...result, name: 'y' }], 'm');
  const after = markdownOf([{ ...result, what: 'b', notes: ['o'] }], 'm', before);
  const lines = after.split('\n').filter((line) => /^[|-] `/.test(line));
  assert.deepEqual(
    lines.map((line) => line.slice(0, 9)),
    ['| `x` | b', '| `y` | a', '- `x`: o', '- `y`: n'],
  );
  assert.equal(markdownOf([], 'm', after), after);
});
