import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNodeReady, readyStatusOf } from './node-ready.ts';

const node = (status: string) => ({
  status: {
    conditions: [
      { type: 'MemoryPressure', status: 'False' },
      { type: 'Ready', status },
    ],
  },
});

test('only the condition Ready with the status True counts', () => {
  assert.ok(readyStatusOf(node('True')));
  for (const status of ['False', 'Unknown']) assert.ok(!readyStatusOf(node(status)));
});
test('what an earlier boot reported does not count', () => {
  const reported = { status: { ...node('True').status, nodeInfo: { bootID: 'this' } } };
  assert.ok(readyStatusOf(reported, 'this'));
  assert.ok(!readyStatusOf(reported, 'another'));
  assert.ok(!readyStatusOf(node('True'), 'this'));
});
for (const value of [null, {}, { kind: 'Status', code: 404 }, { status: { conditions: 'Ready' } }])
  test(`${JSON.stringify(value)} is not ready`, () => assert.ok(!readyStatusOf(value)));
test('nobody there is not ready', async () => {
  assert.ok(!(await isNodeReady({ identityDirectory: '/nonexistent', server: 'https://127.0.0.1:1', node: 'n' })));
});
