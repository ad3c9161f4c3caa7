import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ComponentStatus } from '../core/joiner-status.ts';
import { formatStatus } from './show-status.ts';

const at = '2020-01-01T12:00:00.000Z';
const etcd: ComponentStatus = {
  unit: 'etcd',
  description: 'etcd',
  state: 'healthy',
  since: at,
  reason: 'not-running',
  isHealthy: true,
  pid: 1,
  failures: 0,
  lastLines: [],
};
const status = { updatedAt: at, startedAt: at, isReady: true, components: [etcd], problems: [] };
const now = new Date('2020-01-01T12:01:05Z');

describe('formatStatus', () => {
  it('is a table', () => {
    assert.equal(
      formatStatus(status, now),
      'UNIT  STATE    SINCE  REASON       HEALTH  DETAIL\netcd  healthy  1m 5s  not-running  ok\n',
    );
  });

  it('shows the services that are told of their certificates below', () => {
    const services = [
      { unit: 'nginx', state: 'running', certificates: ['api', 'www'] },
      { unit: 'registry', state: 'failed', certificates: ['r'], detail: 'it ended after its restart' },
    ] as const;
    const shown = formatStatus(
      { ...status, services: services.map((one) => ({ ...one, certificates: [...one.certificates] })) },
      now,
    );
    assert.match(
      shown,
      /\n\nSERVICE +STATE +CERTIFICATES +DETAIL\nnginx +running +api, www\nregistry +failed +r +it ended after its restart\n$/,
    );
  });

  it('shows what failed with its last lines, and spec files that cannot be used', () => {
    const { reason: _, ...rest } = etcd;
    const failed: ComponentStatus = {
      ...rest,
      state: 'failed',
      isHealthy: false,
      detail: 'ended',
      failures: 2,
      lastLines: ['one', 'two'],
    };
    const text = formatStatus(
      { ...status, isReady: false, components: [failed], problems: [{ path: '/x.json', message: 'not JSON' }] },
      now,
    );
    assert.ok(text.includes('etcd  failed  1m 5s  -       no      ended\n'));
    assert.ok(text.endsWith('\n/x.json: not JSON\n\nlast lines of etcd:\n  one\n  two\n'));
  });
});
