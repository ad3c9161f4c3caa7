import assert from 'node:assert/strict';
import test from 'node:test';
import { patternsOverlap, subjectMatches } from './subject-filter.ts';

const matches: readonly [pattern: string, subject: string, expected: boolean][] = [
  ['a.b', 'a.b', true],
  ['a.b', 'a.c', false],
  ['a.b', 'a.b.c', false],
  ['a.b.c', 'a.b', false],
  ['a.*', 'a.b', true],
  ['a.*', 'a.b.c', false],
  ['a.*', 'a', false],
  ['*', 'a', true],
  ['a.>', 'a.b', true],
  ['a.>', 'a.b.c', true],
  ['a.>', 'a', false],
  ['>', 'a', true],
  ['>', 'a.b', true],
  ['a.*.c', 'a.b.c', true],
  ['a.*.>', 'a.b.c', true],
  ['a.*.>', 'a.b', false],
  // narrower patterns
  ['a.>', 'a.*', true],
  ['a.>', 'a.*.>', true],
  ['a.*', 'a.>', false],
  ['a.*', 'a.*', true],
  ['a.b', 'a.*', false],
  ['a.b', '>', false],
  ['*', '>', false],
  ['>', '>', true],
  // malformed
  ['a.*', 'a.', false],
  ['>', '', false],
  ['a.>.b', 'a.x.b', false],
];
for (const [pattern, subject, expected] of matches) {
  test(`${pattern} ${expected ? 'covers' : 'does not cover'} ${JSON.stringify(subject)}`, () => {
    assert.equal(subjectMatches(pattern, subject), expected);
  });
}

const overlaps: readonly [one: string, other: string, expected: boolean][] = [
  ['a.b', 'a.b', true],
  ['a.b', 'a.c', false],
  ['a.*', 'a.b', true],
  ['a.*.c', 'a.b.*', true],
  ['a.*.c', 'a.b.d', false],
  ['a.>', 'a.b.c', true],
  ['a.b.>', 'a.c.>', false],
  ['a.b.>', 'a.b', false],
  ['>', 'a', true],
  ['a.*', 'a.*.b', false],
];
for (const [one, other, expected] of overlaps) {
  test(`${one} and ${other} ${expected ? 'overlap' : 'do not overlap'}, either way round`, () => {
    assert.equal(patternsOverlap(one, other), expected);
    assert.equal(patternsOverlap(other, one), expected);
  });
}
