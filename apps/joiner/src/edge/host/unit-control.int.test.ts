import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { createFakeSystemd, type FakeSystemd } from '@easycerts/testing';
import { openUnitControl, type UnitControl } from './unit-control.ts';

const units = ['easycerts-certmgr', 'easycerts-joiner'];

describe('unit control', () => {
  let systemd: FakeSystemd;
  let control: UnitControl;

  beforeEach(async () => {
    systemd = createFakeSystemd();
    for (const unit of units) systemd.writeUnit(unit);
    const { bootedMark, journalctl, systemctl } = systemd;
    control = await openUnitControl({ systemctl, journalctl, bootedMark });
    await control.reload();
  });
  afterEach(() => systemd.remove());

  test('sees what runs and what will after a boot', async () => {
    await control.enable(['easycerts-joiner']);
    await control.start(['easycerts-joiner']);
    assert.deepEqual(await control.activityOf([...units, 'easycerts-ca']), {
      'easycerts-certmgr': { isActive: false, isEnabled: false },
      'easycerts-joiner': { isActive: true, isEnabled: true },
      'easycerts-ca': { isActive: false, isEnabled: false },
    });
  });

  test('has units started without waiting for them', async () => {
    await control.startSoon(units);
    assert.deepEqual(systemd.calls().slice(-1), [`start ${units.map((unit) => `${unit}.service`).join(' ')}`]);
    const activity = Object.values(await control.activityOf(units));
    assert.ok(activity.every(({ isActive, isFailing }) => isActive && isFailing === undefined));
  });

  test('sees which ones end again and again', async () => {
    await control.start(units);
    systemd.crash('easycerts-certmgr');
    const activity = await control.activityOf(units);
    assert.equal(activity['easycerts-certmgr']?.isFailing, true);
    assert.equal(activity['easycerts-joiner']?.isFailing, undefined);
  });

  test('stops and disables what is there, and passes over what is not', async () => {
    await control.enable(units);
    await control.start(units);
    await control.stop([...units, 'kubelet']);
    await control.disable([...units, 'kubelet']);
    const activity = Object.values(await control.activityOf(units));
    assert.ok(activity.every(({ isActive, isEnabled }) => !isActive && !isEnabled));
    assert.ok(!systemd.calls().some((call) => call.includes('kubelet')));
  });

  test('asks nothing for no units', async () => {
    const before = systemd.calls().length;
    for (const act of [control.enable, control.start, control.restart, control.stop, control.disable]) await act([]);
    assert.deepEqual(await control.activityOf([]), {});
    assert.equal(systemd.calls().length, before);
  });

  test('says which unit could not be started', async () => {
    await assert.rejects(control.start(['kubelet']), (error) => isAppError(error) && error.message.includes('kubelet'));
  });

  test('a host without systemd is told at once, with what there is instead', async () => {
    systemd.become('down');
    const { bootedMark, systemctl } = systemd;
    await assert.rejects(
      openUnitControl({ systemctl, bootedMark }),
      (error) => isAppError(error, 'FAILED_PRECONDITION') && /easycerts up/.test(error.details.cure ?? ''),
    );
  });
});
