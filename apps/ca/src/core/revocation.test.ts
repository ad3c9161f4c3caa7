import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourMs, isAppError } from '@easycerts/core';
import { now } from '../../test/fixture.ts';
import { decodeRevocation, encodeRevocation, isOver, type Revocation, revocationReasons } from './revocation.ts';

const good: Revocation = {
  serial: 'ab12',
  host: 'n1',
  name: 'host',
  authority: 'easycerts',
  fingerprint: 'c'.repeat(64),
  notAfterMs: now.getTime() + hourMs,
  revokedAtMs: now.getTime(),
  reason: 'host-left',
};

test('a revocation is read back as it was written, of hosts and of automations, for each reason', () => {
  for (const reason of revocationReasons) {
    for (const host of ['n1', 'automation/n1']) {
      const revocation = { ...good, reason, host };
      assert.deepEqual(decodeRevocation('ab12', encodeRevocation(revocation)), revocation);
    }
  }
});

test('nothing else is written', () => {
  const text = Buffer.from(encodeRevocation({ ...good, secret: 'x' } as Revocation)).toString();
  assert.ok(!text.includes('secret'));
});

test('a later version may add fields', () => {
  const value = Buffer.from(JSON.stringify({ ...good, note: 'x' }));
  assert.deepEqual(decodeRevocation('ab12', value), good);
});

const damaged: Readonly<Record<string, unknown>> = {
  'not an object': 'x',
  null: null,
  'a list': [],
  'the serial number of another certificate': { ...good, serial: 'ab13' },
  'no serial number': { ...good, serial: undefined },
  'no host': { ...good, host: '' },
  'a host with two tokens': { ...good, host: 'n1.x' },
  'another prefix than that of automations': { ...good, host: 'host/n1' },
  'no name': { ...good, name: undefined },
  'an authority that does not exist': { ...good, authority: 'mine' },
  'half a fingerprint': { ...good, fingerprint: 'ab' },
  'a fingerprint in capitals': { ...good, fingerprint: 'C'.repeat(64) },
  'an end that is a text': { ...good, notAfterMs: '1' },
  'a time that is none': { ...good, revokedAtMs: 0.5 },
  'a reason that does not exist': { ...good, reason: 'because' },
};
for (const [name, value] of Object.entries(damaged)) {
  test(`damaged: ${name}`, () => {
    assert.throws(
      () => decodeRevocation('ab12', Buffer.from(JSON.stringify(value))),
      (error) => isAppError(error, 'DAMAGED'),
    );
  });
}

test('what is not JSON is damaged', () => {
  assert.throws(
    () => decodeRevocation('ab12', Buffer.from('{')),
    (error) => isAppError(error, 'DAMAGED'),
  );
});

test('it is over an hour after the end of validity, so that a clock behind ours meets it still', () => {
  const notAfterMs = now.getTime();
  assert.equal(isOver({ notAfterMs }, now), false);
  assert.equal(isOver({ notAfterMs }, new Date(now.getTime() + hourMs - 1)), false);
  assert.equal(isOver({ notAfterMs }, new Date(now.getTime() + hourMs)), true);
});
