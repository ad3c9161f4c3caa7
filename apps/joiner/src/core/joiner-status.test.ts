import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JoinerStatus } from './joiner-status.ts';
import { parseJoinerStatus } from './joiner-status.ts';

const at = '2020-01-01T12:00:00.000Z';
const status: JoinerStatus = {
  updatedAt: at,
  startedAt: at,
  isReady: false,
  components: [
    {
      unit: 'etcd',
      description: 'etcd',
      state: 'failed',
      since: at,
      reason: 'not-running',
      detail: 'ended by itself (exit code 1)',
      isHealthy: false,
      failures: 2,
      retryAt: at,
      lastLines: ['no'],
    },
  ],
  problems: [{ path: '/x.json', message: 'not JSON' }],
};

describe('parseJoinerStatus', () => {
  it('reads what joiner writes', () => {
    assert.deepEqual(parseJoinerStatus(JSON.stringify(status)), status);
  });

  for (const content of ['', '{', 'null', '[]', '{"components":[]}', JSON.stringify({ ...status, isReady: 'yes' })]) {
    it(`is undefined for ${content.slice(0, 20)}`, () => assert.equal(parseJoinerStatus(content), undefined));
  }
});
