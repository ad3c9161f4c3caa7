import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHostName } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { now } from '../../test/fixture.ts';
import { type Automation, automationHolder, decodeAutomation, encodeAutomation } from './automation.ts';

const good: Automation = {
  name: 'backup',
  read: ['host.joined', 'certificate.*'],
  serial: 'ab12',
  fingerprint: 'c'.repeat(64),
  createdAtMs: now.getTime(),
  notAfterMs: now.getTime() + 1,
};

test('an automation is read back as it was written, and nothing else is written', () => {
  assert.deepEqual(decodeAutomation('backup', encodeAutomation(good)), good);
  assert.ok(
    !Buffer.from(encodeAutomation({ ...good, secret: 'x' } as Automation))
      .toString()
      .includes('secret'),
  );
});

test('the ledger calls it what no host can be called', () => {
  assert.equal(isHostName(automationHolder('n1')), false);
  assert.equal(isHostName('automation-n1'), true);
});

const damaged: Readonly<Record<string, unknown>> = {
  null: null,
  'a text': 'x',
  'the name of another': { ...good, name: 'other' },
  'no name': { ...good, name: undefined },
  'no types': { ...good, read: undefined },
  'types that are a text': { ...good, read: '*' },
  'a type that is a number': { ...good, read: [1] },
  'no serial number': { ...good, serial: '' },
  'a serial number in capitals': { ...good, serial: 'AB' },
  'no fingerprint': { ...good, fingerprint: undefined },
  'half a fingerprint': { ...good, fingerprint: 'ab' },
  'no time': { ...good, createdAtMs: undefined },
  'an end that is a text': { ...good, notAfterMs: '1' },
};
for (const [name, value] of Object.entries(damaged)) {
  test(`damaged: ${name}`, () => {
    assert.throws(
      () => decodeAutomation('backup', Buffer.from(JSON.stringify(value))),
      (error) => isAppError(error, 'DAMAGED'),
    );
  });
}

test('what is not JSON, and a name that is none, is damaged', () => {
  for (const [key, value] of [
    ['backup', '{'],
    ['a.b', JSON.stringify({ ...good, name: 'a.b' })],
  ] as const) {
    assert.throws(
      () => decodeAutomation(key, Buffer.from(value)),
      (error) => isAppError(error, 'DAMAGED'),
    );
  }
});
