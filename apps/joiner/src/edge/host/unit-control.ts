/** systemd, as far as joining and leaving need it: our own units, and those of the components, as a whole. */

import { access } from 'node:fs/promises';
import { AppError, minuteMs } from '@easycerts/core';
import { createSystemctl, type SystemctlOptions } from '@easycerts/runtime';
import type { UnitActivity } from '../../core/host-state.ts';

/** Units are named without their suffix. */
export interface UnitControl {
  /** Units that systemd does not know are neither active nor enabled. */
  activityOf(units: readonly string[]): Promise<Readonly<Record<string, UnitActivity>>>;
  enable(units: readonly string[]): Promise<void>;
  start(units: readonly string[]): Promise<void>;
  /** Has systemd start them, and does not wait until they have started. */
  startSoon(units: readonly string[]): Promise<void>;
  restart(units: readonly string[]): Promise<void>;
  /** Units that systemd does not know are passed over, here and in {@link disable}. */
  stop(units: readonly string[]): Promise<void>;
  disable(units: readonly string[]): Promise<void>;
  /** Has systemd read its unit files again. */
  reload(): Promise<void>;
  /** The last lines of a unit's log; none when there is no log. */
  lastLines(unit: string, count: number): Promise<readonly string[]>;
}

const defaultMark = '/run/systemd/system'; // sd_booted(3)
/** Several units in a row, of which each may take its TimeoutStopSec. */
const jobLimitMs = 5 * minuteMs;

/** AppError FAILED_PRECONDITION where systemd is not PID 1. */
export async function openUnitControl(options: SystemctlOptions = {}): Promise<UnitControl> {
  await access(options.bootedMark ?? defaultMark).catch((cause: unknown) => {
    throw new AppError('FAILED_PRECONDITION', 'this host has no systemd, which is to start our services', {
      cause,
      details: { cure: 'use a host with systemd; for a cluster on a developer’s machine there is `easycerts up`' },
    });
  });
  const systemctl = createSystemctl(options);
  const act = async (verb: string, units: readonly string[], ...flags: readonly string[]): Promise<void> => {
    if (units.length > 0) await systemctl.run([verb, ...flags, '--', ...units.map(fileOf)], jobLimitMs);
  };
  const show = async (
    properties: readonly string[],
    units: readonly string[],
  ): Promise<readonly (readonly [string, Properties])[]> => {
    if (units.length === 0) return [];
    const shown = await systemctl.run(['show', `--property=${properties.join(',')}`, '--', ...units.map(fileOf)]);
    const blocks = shown.trim().split(/\n\n+/).map(propertiesIn);
    return units.map((unit, index) => [unit, blocks[index] ?? {}] as const);
  };
  const known = async (units: readonly string[]): Promise<readonly string[]> => {
    const shown = await show(['LoadState'], units);
    return shown.filter(([, { LoadState }]) => LoadState !== 'not-found').map(([unit]) => unit);
  };
  return {
    async activityOf(units) {
      const shown = await show(['ActiveState', 'SubState', 'UnitFileState'], units);
      return Object.fromEntries(shown.map(([unit, properties]) => [unit, activityIn(properties)]));
    },
    // links are all that it makes: nothing that runs depends on them
    enable: (units) => act('enable', units, '--no-reload'),
    start: (units) => act('start', units),
    startSoon: (units) => act('start', units, '--no-block'),
    restart: (units) => act('restart', units),
    stop: async (units) => act('stop', await known(units)),
    disable: async (units) => act('disable', await known(units)),
    async reload() {
      await systemctl.run(['daemon-reload']);
    },
    async lastLines(unit, count) {
      const text = await systemctl
        .journal(['--unit', fileOf(unit), '--lines', String(count), '--output=cat'])
        .catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    },
  };
}

type Properties = Readonly<Record<string, string>>;

function activityIn({ ActiveState, SubState, UnitFileState }: Properties): UnitActivity {
  const isFailing = ActiveState === 'failed' || SubState === 'auto-restart';
  return {
    isActive: ActiveState === 'active',
    isEnabled: UnitFileState === 'enabled',
    ...(isFailing ? { isFailing } : {}),
  };
}

function propertiesIn(block: string): Properties {
  return Object.fromEntries(
    block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function fileOf(unit: string): string {
  return `${unit}.service`;
}
