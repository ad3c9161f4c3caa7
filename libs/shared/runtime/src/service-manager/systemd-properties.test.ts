import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UnitStatus } from './service-manager.ts';
import {
  isUp,
  parseProperties,
  parseTimeSpanMs,
  statusOf,
  type UnitProperties,
  unitProperties,
  waitsForRestart,
} from './systemd-properties.ts';

const running: UnitProperties = {
  LoadState: 'loaded',
  FragmentPath: '/etc/systemd/system/etcd.service',
  ActiveState: 'active',
  SubState: 'running',
  Result: 'success',
  MainPID: '42',
  ExecMainStartTimestampMonotonic: '5000000',
  ExecMainCode: '0',
  ExecMainStatus: '0',
  NeedDaemonReload: 'no',
  CanReload: 'yes',
  RestartUSec: '1min',
  TimeoutStopUSec: '15s',
};
const ended: Partial<UnitProperties> = { ActiveState: 'failed', SubState: 'failed', MainPID: '0' };
const nowMs = Date.parse('2020-01-01T12:00:00Z');

describe('a status', () => {
  for (const [what, changes, expected] of [
    ['of a running unit', {}, { state: 'active', pid: 42, startedAt: new Date(nowMs - 7_000) }],
    [
      'of one that reloads',
      { ActiveState: 'reloading' },
      { state: 'active', pid: 42, startedAt: new Date(nowMs - 7_000) },
    ],
    ['of one that comes up', { ActiveState: 'activating', SubState: 'start', MainPID: '0' }, { state: 'active' }],
    [
      'of one that is being stopped, as it still holds its ports',
      { ActiveState: 'deactivating', SubState: 'stop-sigterm', MainPID: '0' },
      { state: 'active' },
    ],
    ['of one that was stopped', { ActiveState: 'inactive', SubState: 'dead', MainPID: '0' }, { state: 'inactive' }],
    ['of one that never ran', { ActiveState: 'inactive', LoadState: 'not-found', MainPID: '0' }, { state: 'inactive' }],
    [
      'of one that ended with a code',
      { ...ended, Result: 'exit-code', ExecMainCode: '1', ExecMainStatus: '3' },
      { state: 'failed', lastExit: '3' },
    ],
    [
      'of one that was killed',
      { ...ended, Result: 'signal', ExecMainCode: '2', ExecMainStatus: '9' },
      { state: 'failed', lastExit: 'SIGKILL' },
    ],
    [
      'of one that dumped core',
      { ...ended, Result: 'core-dump', ExecMainCode: '3', ExecMainStatus: '11' },
      { state: 'failed', lastExit: 'SIGSEGV' },
    ],
    [
      'of one that said nothing to the watchdog',
      { ...ended, Result: 'watchdog', ExecMainCode: '3', ExecMainStatus: '6' },
      { state: 'failed', lastExit: 'SIGABRT (watchdog)' },
    ],
    [
      'of one whose program is not there',
      { ...ended, Result: 'exit-code', ExecMainCode: '1', ExecMainStatus: '203' },
      { state: 'failed', lastExit: '203/EXEC' },
    ],
    [
      'of one that systemd gave up',
      { ...ended, Result: 'start-limit-hit' },
      { state: 'failed', lastExit: 'start-limit-hit' },
    ],
    [
      'of one that systemd waits to start again: it ended although nobody stopped it',
      { ActiveState: 'activating', SubState: 'auto-restart', MainPID: '0', ExecMainCode: '1', ExecMainStatus: '0' },
      { state: 'failed', lastExit: '0' },
    ],
  ] as const satisfies readonly (readonly [string, Partial<UnitProperties>, UnitStatus])[]) {
    it(what, () => {
      assert.deepEqual(statusOf({ ...running, ...changes }, nowMs, 12_000), expected);
    });
  }
});

describe('a unit that waits for its restart', () => {
  it('is told from one that comes up, also as later versions of systemd name it', () => {
    for (const [SubState, waits] of [
      ['auto-restart', true],
      ['auto-restart-queued', true],
      ['start', false],
      ['start-pre', false],
    ] as const) {
      const unit = { ...running, ActiveState: 'activating', SubState };
      assert.deepEqual([waitsForRestart(unit), isUp(unit)], [waits, !waits], SubState);
    }
  });
});

describe('the answer of systemctl show', () => {
  const block = (unit: UnitProperties): string => unitProperties.map((name) => `${name}=${unit[name]}\n`).join('');

  it('has one block a unit, in the order of the question', () => {
    const stopped = { ...running, ActiveState: 'inactive' };
    assert.deepEqual(parseProperties(`${block(running)}\n${block(stopped)}`, 2), [running, stopped]);
  });

  it('may lack what this systemd does not know', () => {
    assert.equal(parseProperties('ActiveState=active\nSubState=running\n', 1)?.[0]?.CanReload, '');
  });

  it('is not used when it is about another number of units, or nothing of the kind', () => {
    assert.equal(parseProperties(block(running), 2), undefined);
    assert.equal(parseProperties('', 1), undefined);
    assert.equal(parseProperties('Failed to connect', 1), undefined);
  });
});

describe('a time span', () => {
  for (const [text, expected] of [
    ['15s', 15_000],
    ['1min 30s', 90_000],
    ['100ms', 100],
    ['1min 500ms', 60_500],
    ['1h', 3_600_000],
    ['0', 0],
    ['infinity', Number.POSITIVE_INFINITY],
    ['', undefined],
    ['soon', undefined],
    ['15', undefined],
  ] as const) {
    it(`${JSON.stringify(text)} is ${String(expected)} ms`, () => assert.equal(parseTimeSpanMs(text), expected));
  }
});
