import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nodeReadinessOf } from './node-readiness.ts';

const node = {
  spec: {},
  status: {
    nodeInfo: { bootID: 'b1' },
    conditions: [
      { type: 'MemoryPressure', status: 'False' },
      { type: 'Ready', status: 'True', message: 'kubelet is posting ready status' },
    ],
  },
};
const answer = { status: 200, body: node as unknown, bootId: 'b1' };
const notReady = { type: 'Ready', status: 'False', message: 'cni plugin not initialized' };

describe('nodeReadinessOf', () => {
  test('a Node that says so is Ready', () => {
    assert.deepEqual(nodeReadinessOf(answer), { isReady: true, isSchedulable: true });
    assert.deepEqual(nodeReadinessOf({ ...answer, bootId: undefined }), { isReady: true, isSchedulable: true });
  });

  test('one that is cordoned is Ready, and takes no pods', () => {
    const body = { ...node, spec: { unschedulable: true } };
    assert.deepEqual(nodeReadinessOf({ ...answer, body }), { isReady: true, isSchedulable: false });
  });

  for (const [name, changes, detail] of [
    ['is not there', { status: 404, body: {} }, /not made its Node/],
    ['refuses', { status: 403, body: {} }, /refuses kubelet/],
    ['does not know us', { status: 401, body: {} }, /refuses kubelet/],
    ['is in trouble', { status: 503, body: {} }, /503/],
    ['was Ready before this boot', { bootId: 'b2' }, /since this boot/],
    ['is not Ready', { body: { status: { ...node.status, conditions: [notReady] } } }, /cni plugin/],
    ['has no conditions', { body: { status: { nodeInfo: { bootID: 'b1' } } } }, /no condition/],
    ['is something else', { body: 'x', bootId: undefined }, /no condition/],
  ] as const) {
    test(`a Node that ${name} is not`, () => {
      const readiness = nodeReadinessOf({ ...answer, ...changes });
      assert.ok(!readiness.isReady);
      assert.match(readiness.detail, detail);
    });
  }
});
