import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busSubjectOf, eventCatalogue, eventTypes } from '@easycerts/contracts';
import { isAppError } from '@easycerts/core';
import { patternsOverlap, subjectMatches } from '@easycerts/runtime';
import { readableSubjectsOf } from './readable-events.ts';

const cluster = 'easycerts.v1.cluster';
const hosts = 'easycerts.v1.host.*';

const rows: readonly [string, readonly string[], readonly string[]][] = [
  ['an event of the cluster', ['host.joined'], [`${cluster}.host.joined`]],
  ['an event of a host, of every host', ['certificate.renewed'], [`${hosts}.certificate.renewed`]],
  ['a group, in both scopes', ['certificate.*'], [`${cluster}.certificate.>`, `${hosts}.certificate.>`]],
  ['a group in one scope', ['rollout.*'], [`${cluster}.rollout.>`]],
  ['everything', ['*'], [`${cluster}.>`, `${hosts}.>`]],
  ['the same twice', ['host.joined', 'host.joined'], [`${cluster}.host.joined`]],
  [
    'a type within a group',
    ['certificate.renewed', 'certificate.*'],
    [`${cluster}.certificate.>`, `${hosts}.certificate.>`],
  ],
  ['everything and more', ['host.joined', '*', 'token.*'], [`${cluster}.>`, `${hosts}.>`]],
];
for (const [name, read, expected] of rows) {
  test(name, () => assert.deepEqual([...readableSubjectsOf(read)].sort(), [...expected].sort()));
}

test('every type that is not on the audit trail can be read by its name, and gets its own subject', () => {
  for (const type of eventTypes) {
    if (eventCatalogue[type].scope === 'audit') continue;
    const [subject = '', ...others] = readableSubjectsOf([type]);
    assert.ok(subjectMatches(subject, busSubjectOf(type, 'n1')), type);
    assert.deepEqual(others, []);
  }
});

test('no subject overlaps another, which nats-server would refuse, and none reaches beyond the events', () => {
  for (const read of [
    ['*'],
    ['certificate.*', 'host.*', 'host.joined', 'component.*', 'token.*'],
    [...rows.flatMap(([, each]) => each)],
  ]) {
    const subjects = readableSubjectsOf(read);
    for (const one of subjects) {
      assert.ok(!subjects.some((other) => other !== one && patternsOverlap(one, other)), one);
      for (const foreign of ['easycerts.v1.audit.>', 'easycerts.v1.ledger.>', '$KV.>', '$JS.>']) {
        assert.equal(patternsOverlap(one, foreign), false, one);
      }
    }
  }
});

const refused: Readonly<Record<string, readonly string[]>> = {
  'no type': [],
  'an event that does not exist': ['host.exploded'],
  'a group that does not exist': ['nothing.*'],
  'a refusal': ['certificate.refused'],
  'a refusal among others': ['host.joined', 'call.refused'],
  'a group of refusals only': ['bus.*'],
  'a subject': ['easycerts.v1.audit.>'],
  'a wildcard of NATS': ['>'],
  'a wildcard in front': ['*.joined'],
  'a group that reaches over the dot': ['host.joined.*'],
  'half a group': ['host.'],
  'an empty word': [''],
  'a property of every object': ['constructor'],
  'too many': Array.from({ length: 51 }, () => 'host.joined'),
};
for (const [name, read] of Object.entries(refused)) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => readableSubjectsOf(read),
      (error) => isAppError(error, 'INVALID_INPUT') && (error.details.cure ?? '') !== '',
    );
  });
}
