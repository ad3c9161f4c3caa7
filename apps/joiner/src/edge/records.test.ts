import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { recordingLogger, silentLogger } from '@easycerts/testing';
import { hashOf } from '../core/fingerprint.ts';
import { Records } from './records.ts';

const startedWith = {
  unit: hashOf('u'),
  files: { '/f': hashOf('f') },
  certificates: { c: { leaf: hashOf('l'), bundle: hashOf('b') } },
};
const trial = { sets: [{ name: 'c', directory: '/c', serial: 'a1' }], sinceMs: 5 };
let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'records-'));
});
afterEach(() => rmSync(base, { recursive: true }));

describe('Records', () => {
  it('come back as they were', () => {
    const records = new Records(base, silentLogger());
    records.set('a', { startedWith, trial });
    records.set('b', { startedWith });
    records.set('c', { startedWith });
    records.delete('c');
    records.setReadyFor(['a', 'b']);
    const again = new Records(base, silentLogger());
    assert.deepEqual(
      [again.get('a'), again.get('b'), again.get('c')],
      [{ startedWith, trial }, { startedWith }, undefined],
    );
    assert.deepEqual(
      [again.units(), again.readyFor()],
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    );
    again.setReadyFor(undefined);
    assert.equal(new Records(base, silentLogger()).readyFor(), undefined);
  });

  it('remember which configuration was told, and what was restarted since', () => {
    const records = new Records(base, silentLogger());
    assert.deepEqual([records.configured(), records.restarted()], [undefined, []]);
    for (const unit of ['kubelet', 'flanneld', 'kubelet']) records.noteRestarted(unit);
    assert.deepEqual(new Records(base, silentLogger()).restarted(), ['flanneld', 'kubelet']);
    const configured = { digest: 'd1', appliedAt: '2020-01-01T12:00:00.000Z' };
    records.setConfigured(configured);
    const again = new Records(base, silentLogger());
    assert.deepEqual([again.configured(), again.restarted()], [configured, []]);
  });

  it('are readable by their owner only', () => {
    new Records(base, silentLogger()).set('a', { startedWith });
    assert.equal(statSync(join(base, 'components.json')).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(base), ['components.json']);
  });

  for (const content of [
    '',
    '{',
    'null',
    '{"units":[]}',
    '{"units":{"a":{}}}',
    JSON.stringify({ units: { a: { startedWith: { ...startedWith, unit: '../../x' } } } }),
  ]) {
    it(`that are damaged count as none: ${content.slice(0, 18)}`, () => {
      writeFileSync(join(base, 'components.json'), content);
      const { entries, logger } = recordingLogger();
      assert.deepEqual(new Records(base, logger).units(), []);
      assert.equal(entries[0]?.level, 'warn');
    });
  }

  it('that cannot be written are kept in memory, and that is told', {
    skip: process.geteuid?.() === 0 ? 'root may write everywhere' : false,
  }, () => {
    const { entries, logger } = recordingLogger();
    const records = new Records(base, logger);
    chmodSync(base, 0o500);
    records.set('a', { startedWith });
    chmodSync(base, 0o700);
    assert.deepEqual([records.get('a'), entries[0]?.level], [{ startedWith }, 'error']);
  });
});
