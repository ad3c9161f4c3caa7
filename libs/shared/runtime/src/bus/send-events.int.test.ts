/** Atomic batches on a real nats-server: all or none, each once. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { silentLogger, startTestBus, type TestBus } from '@easycerts/testing';
import { ensureStreams } from './ensure-streams.ts';
import type { OutgoingEvent } from './event-publisher.ts';
import { type NatsLink, openNatsLink } from './nats-link.ts';
import { readStored } from './ordered-read.ts';
import { sendEvent, sendTogether } from './send-events.ts';
import { eventsStreamConfig } from './stream-config.ts';

let testBus: TestBus;
let link: NatsLink;
let nextSequence = 1;

before(async () => {
  testBus = await startTestBus();
  link = openNatsLink({
    servers: testBus.servers,
    identityDirectory: await testBus.identity('m1', 'master'),
    name: 'test',
    logger: silentLogger(),
    random: Math.random,
    prepare: async () => ({ inboxPrefix: '_INBOX_m1' }),
  });
  await link.whenUp(15_000);
  await ensureStreams(link, [eventsStreamConfig])();
});
beforeEach(async () => {
  await stored();
});
after(async () => {
  await link?.close();
  await testBus?.close();
});

function event(messageId: string, data: Uint8Array = Buffer.from(messageId)): OutgoingEvent {
  return { subject: 'easycerts.v1.host.m1.host.ready', data, messageId };
}

/** What came into the stream since the last call. */
async function stored(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const message of readStored(link, { stream: 'EVENTS', start: { sequence: nextSequence } })) {
    found.push(message.string());
    nextSequence = message.seq + 1;
  }
  return found;
}

test('a batch is stored whole and in order', async () => {
  const names = Array.from({ length: 64 }, (_, index) => `whole-${index}`);
  await sendTogether(
    link,
    names.map((name) => event(name)),
  );
  assert.deepEqual(await stored(), names);
});

test('a batch that was stored, but not heard of, adds nothing when it is sent again, together and one by one', async () => {
  const events = ['twice-1', 'twice-2', 'twice-3'].map((name) => event(name));
  await sendTogether(link, events);
  await assert.rejects(sendTogether(link, events), (error) => isAppError(error, 'CONFLICT'));
  for (const one of events) await sendEvent(link, one);
  assert.deepEqual(await stored(), ['twice-1', 'twice-2', 'twice-3']);
});

const bad: readonly [string, readonly OutgoingEvent[]][] = [
  ['one that is too large', [event('large-1'), event('large-2', Buffer.alloc(70_000, 1)), event('large-3')]],
  ['the same id twice', [event('same-1'), event('same-2'), event('same-1')]],
  ['more than there may be', Array.from({ length: 65 }, (_, index) => event(`many-${index}`))],
];
for (const [what, events] of bad) {
  test(`a batch with ${what} is refused, and nothing of it is stored`, async () => {
    await assert.rejects(sendTogether(link, events), (error) => isAppError(error) && error.code !== 'UNAVAILABLE');
    assert.deepEqual(await stored(), []);
  });
}

test('an empty batch is nothing', async () => {
  await sendTogether(link, []);
  assert.deepEqual(await stored(), []);
});
