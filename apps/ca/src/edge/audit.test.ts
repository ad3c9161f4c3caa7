import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DenyReason } from '@easycerts/core';
import { advanceableClock, recordingLogger, recordingPublisher } from '@easycerts/testing';
import { createAudit } from './audit.ts';

function setUp() {
  const clock = advanceableClock();
  const events = recordingPublisher();
  const { logger, entries } = recordingLogger();
  const counted: DenyReason[] = [];
  const audit = createAudit({ events, metrics: { refused: (reason) => counted.push(reason) }, clock, logger });
  return { audit, clock, events, entries, counted };
}

const refusal = (reason: DenyReason, host: string | undefined = 'n1', peer = '192.0.2.11:4711') => ({
  host,
  finding: { reason, detail: 'because' },
  peer,
});

test('a refusal is an event, a log line and a count', () => {
  const { audit, events, entries, counted } = setUp();
  audit.signRefused('super-admin', refusal('not-in-list'));
  const [event] = events.ofType('certificate.refused');
  assert.deepEqual(event?.data, {
    host: 'n1',
    certificate: 'super-admin',
    reason: 'not-in-list',
    detail: 'because',
    peer: '192.0.2.11:4711',
  });
  assert.equal(event?.subject, 'n1/super-admin');
  assert.equal(entries.length, 1);
  assert.deepEqual(counted, ['not-in-list']);
});

test('the same refusal twice is two events', () => {
  const { audit, events } = setUp();
  audit.signRefused('kubelet', refusal('names'));
  audit.signRefused('kubelet', refusal('names'));
  assert.equal(new Set(events.ofType('certificate.refused').map(({ id }) => id)).size, 2);
});

test('a refused call says which, and who when that is known', () => {
  const { audit, events } = setUp();
  audit.callRefused('ListCertificates', refusal('not-permitted'));
  audit.callRefused('/x/Sign', { ...refusal('unauthenticated'), host: undefined });
  const found = events.ofType('call.refused').map(({ data }) => [data.method, data.host, data.reason]);
  assert.deepEqual(found, [
    ['ListCertificates', 'n1', 'not-permitted'],
    ['/x/Sign', undefined, 'unauthenticated'],
  ]);
});

test('a flood is counted, but told once a while', () => {
  const { audit, clock, events, entries, counted } = setUp();
  for (let count = 0; count < 1_000; count++) audit.signRefused('kubelet', refusal('rate-limited'));
  assert.equal(events.events.length, 1);
  assert.equal(entries.length, 1);
  assert.equal(counted.length, 1_000);
  clock.advance(10_000);
  audit.signRefused('kubelet', refusal('rate-limited'));
  assert.equal(events.ofType('certificate.refused')[1]?.data.detail, 'because (and 999 times before)');
});

test('strangers are told apart by address, not by port', () => {
  const { audit, events } = setUp();
  for (let port = 1; port < 50; port++) {
    audit.callRefused('x', { ...refusal('unauthenticated'), host: undefined, peer: `192.0.2.66:${port}` });
  }
  audit.callRefused('x', { ...refusal('unauthenticated'), host: undefined, peer: '192.0.2.67:1' });
  assert.equal(events.events.length, 2);
});

test('a name of a megabyte is cut', () => {
  const { audit, events } = setUp();
  audit.signRefused('x'.repeat(1_000_000), refusal('not-in-list'));
  assert.ok(JSON.stringify(events.events).length < 2_000);
});
