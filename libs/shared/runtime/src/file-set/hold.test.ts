/** Holds: how long, how they grow, when they are forgotten. */

import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { hourMs, minuteMs } from '@easycerts/core';
import { clearHold, holdDurationMs, holdSet, readHold } from './hold.ts';
import { temporaryFolder } from './test-sets.ts';

const nowMs = Date.parse('2020-01-01T12:00:00Z');

describe('holdDurationMs', () => {
  test('doubles from five minutes to a day', () => {
    const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 50].map((rollbacks) => holdDurationMs(rollbacks) / minuteMs);
    assert.deepEqual(minutes, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]);
  });

  test('is finite and positive for every count', () => {
    for (const rollbacks of [-1, 0, 1, 1e3, 1e9]) {
      assert.ok(Number.isSafeInteger(holdDurationMs(rollbacks)) && holdDurationMs(rollbacks) > 0, String(rollbacks));
    }
  });
});

describe('a hold', () => {
  test('stands in a file of its own, for our services only', async (t) => {
    const parent = await temporaryFolder(t);
    const hold = await holdSet({ directory: `${parent}/kubelet`, serial: 'b2', reason: 'not healthy', nowMs });
    assert.deepEqual(hold, { serial: 'b2', untilMs: nowMs + 5 * minuteMs, reason: 'not healthy', rollbacks: 1 });
    assert.deepEqual(JSON.parse(await readFile(`${parent}/.held/kubelet.json`, 'utf8')), hold);
    assert.equal((await stat(`${parent}/.held/kubelet.json`)).mode & 0o777, 0o600);
    assert.deepEqual(await readHold(`${parent}/kubelet`), hold);
    assert.equal(await readHold(`${parent}/kubelet-client`), undefined);
  });

  test('grows with every roll-back in a row', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    let at = nowMs;
    for (const minutes of [5, 10, 20]) {
      const hold = await holdSet({ directory, serial: 'b2', reason: 'not healthy', nowMs: at });
      assert.equal(hold.untilMs - at, minutes * minuteMs);
      at = hold.untilMs;
    }
  });

  test('starts afresh two days after the last one ended', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    const first = await holdSet({ directory, serial: 'b2', reason: 'x', nowMs });
    const almost = await holdSet({ directory, serial: 'b2', reason: 'x', nowMs: first.untilMs + 48 * hourMs - 1 });
    assert.equal(almost.rollbacks, 2);
    const later = await holdSet({ directory, serial: 'b2', reason: 'x', nowMs: almost.untilMs + 48 * hourMs });
    assert.equal(later.rollbacks, 1);
  });

  test('is forgotten when cleared, also when there is none', async (t) => {
    const directory = `${await temporaryFolder(t)}/kubelet`;
    await clearHold(directory);
    await holdSet({ directory, serial: 'b2', reason: 'x', nowMs });
    await clearHold(directory);
    assert.equal(await readHold(directory), undefined);
    assert.equal((await holdSet({ directory, serial: 'b2', reason: 'x', nowMs })).rollbacks, 1);
  });

  test('that makes no sense does not hold anything', async (t) => {
    const parent = await temporaryFolder(t);
    await mkdir(`${parent}/.held`);
    const valid = { serial: 'b2', untilMs: nowMs, reason: 'x', rollbacks: 1 };
    const rows = [
      '',
      '{',
      'null',
      '[]',
      '1',
      ...['serial', 'untilMs', 'reason', 'rollbacks'].map((field) => JSON.stringify({ ...valid, [field]: {} })),
    ];
    for (const text of [
      ...rows,
      JSON.stringify({ ...valid, untilMs: 1e300 }),
      JSON.stringify({ ...valid, rollbacks: 0.5 }),
    ]) {
      await writeFile(`${parent}/.held/kubelet.json`, text);
      assert.equal(await readHold(`${parent}/kubelet`), undefined, text);
    }
    await writeFile(`${parent}/.held/kubelet.json`, JSON.stringify({ ...valid, more: true }));
    assert.deepEqual(await readHold(`${parent}/kubelet`), valid);
  });
});
