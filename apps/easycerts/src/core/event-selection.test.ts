import assert from 'node:assert/strict';
import test from 'node:test';
import type { CloudEvent, EventOrigin, EventType, Fact } from '@easycerts/contracts';
import { cloudEventOf, eventTypes } from '@easycerts/contracts';
import { isAppError } from '@easycerts/core';
import { formatEventJson, formatEventLine } from './event-line.ts';
import { selectEvents } from './event-selection.ts';

const now = new Date('2020-01-01T12:00:00Z');

function eventOf<T extends EventType>(fact: Fact<T>, origin: EventOrigin = { host: 'm1', service: 'ca' }): CloudEvent {
  return cloudEventOf(fact, origin, now) as CloudEvent;
}

const ready = eventOf(
  {
    type: 'host.ready',
    subject: 'n1',
    key: 'k',
    data: { host: 'n1', components: ['kubelet', 'proxy'], durationMs: 5 },
  },
  { host: 'n1', service: 'joiner' },
);
const started = eventOf({ type: 'ca.started', subject: 'm1', key: 'k', data: { version: '1.0', certificates: 3 } });
const refused = eventOf({
  type: 'certificate.refused',
  subject: 'n1',
  key: 'k',
  data: { host: 'n1', certificate: 'kubelet', reason: 'not-in-list', detail: 'no such "entry"', peer: '10.0.0.5' },
});

test('without choice: when following what comes, otherwise everything stored', () => {
  const following = selectEvents({ follow: true }, now);
  assert.deepEqual([following.from, following.follow], ['new', true]);
  const stored = selectEvents({ follow: false }, now);
  assert.deepEqual([stored.from, stored.follow], ['all', false]);
  assert.equal(stored.subjects.length, eventTypes.length);
});

test('the beginning can be chosen', () => {
  assert.equal(selectEvents({ follow: true, all: true }, now).from, 'all');
  assert.deepEqual(selectEvents({ follow: false, since: '1h30m' }, now).from, new Date('2020-01-01T10:30:00Z'));
});

const types: readonly (readonly [patterns: readonly string[], subjects: readonly string[]])[] = [
  [['ca.started'], ['easycerts.v1.cluster.ca.started']],
  [['ca.*'], ['easycerts.v1.cluster.ca.initialized', 'easycerts.v1.cluster.ca.started']],
  [
    ['host.ready', 'ca.started'],
    ['easycerts.v1.host.*.host.ready', 'easycerts.v1.cluster.ca.started'],
  ],
  [
    ['*.refused'],
    ['easycerts.v1.audit.certificate.refused', 'easycerts.v1.audit.call.refused', 'easycerts.v1.audit.bus.refused'],
  ],
  [
    ['c*.re*d', 'ca.started', 'ca.started'],
    ['easycerts.v1.audit.certificate.refused', 'easycerts.v1.host.*.certificate.renewed'],
  ],
];
for (const [patterns, subjects] of types) {
  test(`types ${patterns.join(' ')}`, () => {
    const chosen = selectEvents({ follow: false, type: patterns }, now).subjects;
    for (const subject of subjects) assert.ok(chosen.includes(subject), `${subject} in ${chosen}`);
    assert.equal(new Set(chosen).size, chosen.length);
  });
}

test('audit is what was refused', () => {
  const { subjects } = selectEvents({ follow: false, audit: true }, now);
  assert.ok(subjects.length >= 3 && subjects.every((subject) => subject.startsWith('easycerts.v1.audit.')));
});

test('a host is one that speaks, or one that is spoken about', () => {
  const { subjects, isMeant } = selectEvents({ follow: false, host: 'n1' }, now);
  assert.ok(subjects.includes('easycerts.v1.host.n1.host.ready'));
  assert.ok(!subjects.some((subject) => subject.includes('*')));
  assert.deepEqual([ready, started, refused].map(isMeant), [true, false, true]);
  assert.deepEqual([ready, started, refused].map(selectEvents({ follow: false, host: 'm1' }, now).isMeant), [
    false,
    true,
    true,
  ]);
});

const wrong: Readonly<Record<string, Parameters<typeof selectEvents>[0]>> = {
  'a duration without unit': { follow: false, since: '10' },
  'a duration in words': { follow: false, since: 'yesterday' },
  'a negative duration': { follow: false, since: '-1h' },
  'a duration before time began': { follow: false, since: '99999d' },
  'a type that does not exist': { follow: false, type: ['certificate.lost'] },
  'a pattern that matches nothing': { follow: false, type: ['x*'] },
  'a type that audit leaves out': { follow: false, audit: true, type: ['host.ready'] },
  'an empty type': { follow: false, type: [''] },
  'a wildcard of NATS as type': { follow: false, type: ['>'] },
  'a wildcard as host': { follow: false, host: '*' },
  'everything as host': { follow: false, host: '>' },
  'a host of two tokens': { follow: false, host: 'n1.x' },
  'an empty host': { follow: false, host: '' },
};
for (const [name, choice] of Object.entries(wrong)) {
  test(`refuses ${name}, with a cure`, () => {
    assert.throws(
      () => selectEvents(choice, now),
      (error) => isAppError(error, 'INVALID_INPUT') && error.details.cure !== undefined,
    );
  });
}

test('a line says when, where, what, about which and the essentials', () => {
  assert.equal(
    formatEventLine(ready, { colour: false }),
    '2020-01-01 12:00:00Z  n1            host.ready               n1  components=kubelet,proxy durationMs=5\n',
  );
  assert.equal(
    formatEventLine(refused, { colour: false }),
    '2020-01-01 12:00:00Z  n1            certificate.refused      n1  certificate=kubelet reason=not-in-list detail="no such \\"entry\\"" peer=10.0.0.5\n',
  );
});

test('what alarms is red on a terminal that has colours, nothing else', () => {
  const escapeCharacter = '\u001b';
  assert.ok(formatEventLine(refused, { colour: true }).includes(`${escapeCharacter}[31mcertificate.refused`));
  assert.ok(!formatEventLine(ready, { colour: true }).includes(escapeCharacter));
});

const nasty = 'a\u001b]0;title\u0007\n\r\u0008b\u009bc\u202e\u2028\u200b';
const hostile = eventOf({
  type: 'component.failed',
  subject: nasty,
  key: 'k',
  data: { host: nasty, component: nasty, message: nasty, lastLines: [nasty], retryInMs: 1, attempts: 1 },
});

test('a host cannot send control sequences to a terminal', () => {
  const line = formatEventLine(hostile, { colour: false });
  assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}]/u);
  const json = formatEventJson(hostile);
  assert.doesNotMatch(json.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}]/u);
  assert.deepEqual(JSON.parse(json), hostile);
});

test('JSON is one line an event, and the whole event', () => {
  const json = formatEventJson(ready);
  assert.equal(json.indexOf('\n'), json.length - 1);
  assert.deepEqual(JSON.parse(json), ready);
  const beyond = eventOf({
    ...started,
    type: 'ca.started',
    key: 'k',
    subject: 'm\u{e0041}',
    data: { version: '1', certificates: 1 },
  });
  assert.deepEqual(JSON.parse(formatEventJson(beyond)), beyond);
});

test('long values are cut', () => {
  const long = eventOf({
    type: 'ca.started',
    subject: 'm1',
    key: 'k',
    data: { version: 'v'.repeat(5_000), certificates: 1 },
  });
  assert.ok(formatEventLine(long, { colour: false }).length < 300);
});
