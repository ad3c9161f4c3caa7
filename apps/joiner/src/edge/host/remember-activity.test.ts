import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { UnitActivity } from '../../core/host-state.ts';
import { rememberActivity } from './remember-activity.ts';
import type { UnitControl } from './unit-control.ts';

const units = ['easycerts-certmgr'];
const up: UnitActivity = { isActive: true, isEnabled: true };
const down: UnitActivity = { isActive: false, isEnabled: false };

describe('what systemd said of our services', () => {
  let isUp: boolean;
  let asked: number;
  let atMs: number;
  let control: UnitControl;

  beforeEach(() => {
    [isUp, asked, atMs] = [false, 0, 0];
    const change = async (): Promise<void> => {
      isUp = !isUp;
    };
    const acts = { enable: change, start: change, startSoon: change, restart: change, stop: change, disable: change };
    const systemd: UnitControl = {
      ...acts,
      reload: change,
      lastLines: async () => [],
      async activityOf(named) {
        asked += 1;
        if (named.includes('unknown')) throw new Error('no answer');
        return Object.fromEntries(named.map((unit) => [unit, isUp ? up : down]));
      },
    };
    control = rememberActivity(systemd, () => atMs);
  });

  it('is not asked again within a second', async () => {
    await control.activityOf(units);
    isUp = true;
    atMs = 999;
    assert.deepEqual(await control.activityOf(units), { 'easycerts-certmgr': down });
    assert.equal(asked, 1);
    atMs = 1_000;
    assert.deepEqual(await control.activityOf(units), { 'easycerts-certmgr': up });
  });

  for (const act of ['enable', 'start', 'startSoon', 'restart', 'stop', 'disable'] as const) {
    it(`counts no more after ${act}`, async () => {
      await control.activityOf(units);
      await control[act](units);
      assert.deepEqual(await control.activityOf(units), { 'easycerts-certmgr': up });
    });
  }

  it('counts no more after systemd has read its unit files again', async () => {
    await control.activityOf(units);
    await control.reload();
    assert.deepEqual(await control.activityOf(units), { 'easycerts-certmgr': up });
  });

  it('is remembered for the units that were asked for alone', async () => {
    await control.activityOf(units);
    assert.deepEqual(Object.keys(await control.activityOf([...units, 'easycerts-ca'])), [...units, 'easycerts-ca']);
  });

  it('is asked for again when it could not be told', async () => {
    await assert.rejects(control.activityOf(['unknown']));
    await assert.rejects(control.activityOf(['unknown']));
    assert.equal(asked, 2);
  });
});
