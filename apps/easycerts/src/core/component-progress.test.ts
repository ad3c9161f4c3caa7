import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ComponentFacts, componentProgress } from './component-progress.ts';

const valid: ComponentFacts = {
  unit: 'etcd',
  state: 'healthy',
  since: '2020-01-01T12:00:02.500Z',
  startedAt: '2020-01-01T12:00:00Z',
  failures: 2,
};
const startedAtMs = Date.parse('2020-01-01T12:00:00Z');

test('a healthy component took from its start until it was healthy', () => {
  assert.deepEqual(componentProgress(valid), {
    unit: 'etcd',
    state: 'done',
    startedAtMs,
    endedAtMs: startedAtMs + 2_500,
  });
});
for (const [state, progress] of [
  ['waiting', 'waiting'],
  ['starting', 'working'],
  ['changing', 'working'],
  ['unhealthy', 'working'],
  ['stopping', 'working'],
  ['failed', 'failed'],
] as const)
  test(`${state} is ${progress}, with its detail`, () => {
    const line = componentProgress({ ...valid, state, detail: 'why' });
    assert.equal(line.state, progress);
    assert.equal(line.detail, 'why');
  });
test('one failure is no reason to alarm anybody', () => {
  assert.equal(componentProgress({ ...valid, state: 'failed', failures: 1 }).state, 'working');
});
test('what waits has no time, what works has no end', () => {
  assert.equal(componentProgress({ ...valid, state: 'waiting' }).startedAtMs, undefined);
  assert.equal(componentProgress({ ...valid, state: 'starting' }).endedAtMs, undefined);
});
