import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppliedConfig } from '@easycerts/runtime';
import { nextApplied } from './next-applied.ts';

const now = new Date('2020-01-01T12:00:00Z');
const earlier = '2020-01-01T11:00:00.000Z';
const a: AppliedConfig = { digest: 'a', appliedAt: earlier };

const rows: readonly [string, AppliedConfig | undefined, [string | undefined, number | undefined], unknown][] = [
  ['the first document is told', undefined, ['a', undefined], { digest: 'a', appliedAt: now.toISOString() }],
  ['the first one from the bus too', undefined, ['a', 7], { digest: 'a', appliedAt: now.toISOString(), revision: 7 }],
  ['the same from disk is no news', a, ['a', undefined], undefined],
  ['its coming to the bus keeps its time', a, ['a', 7], { ...a, revision: 7 }],
  ['the same at the same revision is no news', { ...a, revision: 7 }, ['a', 7], undefined],
  ['from disk it keeps its revision', { ...a, revision: 7 }, ['a', undefined], undefined],
  [
    'given anew it is told anew',
    { ...a, revision: 7 },
    ['a', 9],
    { digest: 'a', appliedAt: now.toISOString(), revision: 9 },
  ],
  ['another one is told', { ...a, revision: 7 }, ['b', 9], { digest: 'b', appliedAt: now.toISOString(), revision: 9 }],
  [
    'one of a new enrolment has no revision',
    { ...a, revision: 7 },
    ['b', undefined],
    { digest: 'b', appliedAt: now.toISOString() },
  ],
  ['half a document is none', a, [undefined, undefined], undefined],
];

for (const [name, before, [digest, revision], expected] of rows) {
  test(name, () => assert.deepEqual(nextApplied(before, { digest, revision, now }), expected));
}
