import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planDrain, podName, podsIn } from './drain-plan.ts';

const pod = (name: string, metadata: object = {}, phase = 'Running') => ({
  metadata: {
    name,
    namespace: 'default',
    ownerReferences: [{ kind: 'ReplicaSet', name: 'x', controller: true }],
    ...metadata,
  },
  status: { phase },
});

describe('planDrain', () => {
  const rows: readonly (readonly [string, object, { evict: number; ending: number }])[] = [
    ['a pod of a ReplicaSet is evicted', pod('a'), { evict: 1, ending: 0 }],
    ['a pod that nobody makes anew is evicted, too', pod('a', { ownerReferences: [] }), { evict: 1, ending: 0 }],
    [
      'a pod that is ending is waited for',
      pod('a', { deletionTimestamp: '2020-01-01T12:00:00Z' }),
      { evict: 0, ending: 1 },
    ],
    [
      'a pod of a DaemonSet stays',
      pod('a', { ownerReferences: [{ kind: 'DaemonSet', controller: true }] }),
      { evict: 0, ending: 0 },
    ],
    [
      'an owner that is no controller does not count',
      pod('a', { ownerReferences: [{ kind: 'DaemonSet' }] }),
      { evict: 1, ending: 0 },
    ],
    ['a static pod stays', pod('a', { annotations: { 'kubernetes.io/config.mirror': 'x' } }), { evict: 0, ending: 0 }],
    ['a pod that has finished stays', pod('a', {}, 'Succeeded'), { evict: 0, ending: 0 }],
    ['a pod that has failed stays', pod('a', {}, 'Failed'), { evict: 0, ending: 0 }],
  ];
  for (const [name, item, wanted] of rows) {
    test(name, () => {
      const { ending, evict } = planDrain(podsIn({ items: [item] }));
      assert.deepEqual({ evict: evict.length, ending: ending.length }, wanted);
    });
  }

  test('what is no list of pods holds none', () => {
    for (const body of [undefined, null, {}, { items: 'x' }, { items: [{}] }, { items: [{ metadata: { name: 1 } }] }]) {
      assert.deepEqual(podsIn(body), []);
    }
  });

  test('knows pods by namespace and name', () => {
    assert.deepEqual(podsIn({ items: [pod('a')] }).map(podName), ['default/a']);
  });
});
