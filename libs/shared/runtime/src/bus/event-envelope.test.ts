import assert from 'node:assert/strict';
import test from 'node:test';
import { busSubjectOf, cloudEventOf } from '@easycerts/contracts';
import { deduplicationKey, hostOfSubject, parseEvent } from './event-envelope.ts';

const time = new Date('2020-01-01T12:00:00Z');
const hostEvent = cloudEventOf(
  { type: 'host.ready', subject: 'n1', key: 'k', data: { host: 'n1', components: ['kubelet'], durationMs: 5 } },
  { host: 'n1', service: 'joiner' },
  time,
);
const hostSubject = busSubjectOf('host.ready', 'n1');
const clusterEvent = cloudEventOf(
  { type: 'ca.started', subject: 'm1', key: 'k', data: { version: '1', certificates: 3 } },
  { host: 'm1', service: 'ca' },
  time,
);
const clusterSubject = busSubjectOf('ca.started', 'm1');

function encode(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}

test('events of a host and of the cluster are read as they were sent', () => {
  assert.deepEqual(parseEvent(hostSubject, encode(hostEvent)), { kind: 'event', event: hostEvent });
  assert.deepEqual(parseEvent(clusterSubject, encode(clusterEvent)), { kind: 'event', event: clusterEvent });
});

test('fields that this version does not know are kept', () => {
  const newer = { ...hostEvent, extension: 1, data: { ...hostEvent.data, more: { x: [1] } } };
  const parsed = parseEvent(hostSubject, encode(newer));
  assert.ok(parsed.kind === 'event');
  assert.deepEqual(parsed.event.data, newer.data);
});

test('types that this version does not know pass, on a subject that ends in them', () => {
  const newer = { ...hostEvent, type: 'easycerts.host.upgraded' };
  assert.equal(parseEvent('easycerts.v1.host.n1.host.upgraded', encode(newer)).kind, 'event');
  assert.equal(parseEvent('easycerts.v1.host.n1.host.other', encode(newer)).kind, 'refused');
  assert.equal(parseEvent('easycerts.v1.host.n2.host.upgraded', encode(newer)).kind, 'refused');
});

const refused: readonly (readonly [rule: string, reason: string, subject: string, content: unknown])[] = [
  ['nothing', 'not-an-event', hostSubject, ''],
  ['no JSON', 'not-an-event', hostSubject, '{'],
  ['a list', 'not-an-event', hostSubject, []],
  ['null', 'not-an-event', hostSubject, 'null'],
  ['bytes that are no UTF-8', 'not-an-event', hostSubject, Buffer.from([0xff, 0xfe]).toString('latin1')],
  ['another version of CloudEvents', 'not-an-event', hostSubject, { ...hostEvent, specversion: '2.0' }],
  ['an empty id', 'not-an-event', hostSubject, { ...hostEvent, id: '' }],
  ['an id that is a number', 'not-an-event', hostSubject, { ...hostEvent, id: 7 }],
  ['an endless id', 'not-an-event', hostSubject, { ...hostEvent, id: 'x'.repeat(2_000) }],
  ['a time that is none', 'not-an-event', hostSubject, { ...hostEvent, time: 'yesterday' }],
  ['data that is a text', 'not-an-event', hostSubject, { ...hostEvent, data: 'x' }],
  [
    'another type than the subject says',
    'other-subject',
    hostSubject,
    { ...hostEvent, type: 'easycerts.component.stopped' },
  ],
  ['a type without our prefix', 'other-subject', hostSubject, { ...hostEvent, type: 'host.ready' }],
  [
    'an event of the cluster on the subject of a host',
    'other-subject',
    'easycerts.v1.host.n1.ca.started',
    { ...clusterEvent, source: '/hosts/n1/ca' },
  ],
  [
    'a refusal on the subject of a host',
    'other-subject',
    'easycerts.v1.host.n1.bus.refused',
    { ...hostEvent, type: 'easycerts.bus.refused' },
  ],
  ['a type that ends alike', 'other-subject', 'easycerts.v1.host.n1.x.host.ready', hostEvent],
  ['a subject outside ours', 'other-subject', 'elsewhere.host.ready', hostEvent],
  ['the name of another host as source', 'other-source', hostSubject, { ...hostEvent, source: '/hosts/n2/joiner' }],
  ['the name of a master as source', 'other-source', hostSubject, { ...hostEvent, source: '/hosts/m1/ca' }],
  ['a source with a path', 'other-source', hostSubject, { ...hostEvent, source: '/hosts/n1/../m1/ca' }],
  ['a source of another form', 'other-source', hostSubject, { ...hostEvent, source: 'n1' }],
  [
    'the name of another host in its data',
    'other-source',
    hostSubject,
    { ...hostEvent, data: { ...hostEvent.data, host: 'n2' } },
  ],
  ['data without a field', 'other-data', hostSubject, { ...hostEvent, data: { host: 'n1' } }],
  [
    'data of another form',
    'other-data',
    hostSubject,
    { ...hostEvent, data: { ...hostEvent.data, components: 'kubelet' } },
  ],
  ['a negative duration', 'other-data', hostSubject, { ...hostEvent, data: { ...hostEvent.data, durationMs: -1 } }],
];
for (const [rule, reason, subject, content] of refused) {
  test(`refuses ${rule}`, () => {
    const parsed = parseEvent(subject, encode(content));
    assert.ok(parsed.kind === 'refused');
    assert.equal(parsed.finding.reason, reason);
    assert.ok(parsed.finding.detail.length <= 1_024);
  });
}

test('keys that would change objects themselves stay data', () => {
  const content = JSON.stringify(hostEvent).replace('"durationMs":5', '"durationMs":5,"__proto__":{"polluted":true}');
  const parsed = parseEvent(hostSubject, encode(content));
  assert.equal(parsed.kind, 'event');
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});

test('two hosts cannot collide by the ids they choose, one host by repeating itself can', () => {
  const other = busSubjectOf('host.ready', 'n2');
  assert.notEqual(deduplicationKey(hostSubject, hostEvent), deduplicationKey(other, hostEvent));
  assert.equal(
    deduplicationKey(hostSubject, hostEvent),
    deduplicationKey(hostSubject, { ...hostEvent, time: 'later' }),
  );
});

test('the speaker is known for subjects of hosts only', () => {
  assert.equal(hostOfSubject(hostSubject), 'n1');
  assert.equal(hostOfSubject(clusterSubject), undefined);
  assert.equal(hostOfSubject('easycerts.v2.host.n1.x'), undefined);
});
