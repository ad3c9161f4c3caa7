import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stopOrder } from '@easycerts/cluster';
import { startOrderOf } from './start-order.ts';

const host = [
  { unit: 'kubelet', startAfter: ['containerd', 'kube-apiserver'] },
  { unit: 'kube-apiserver', startAfter: ['etcd'] },
  { unit: 'containerd', startAfter: [] },
  { unit: 'flanneld', startAfter: ['kubelet'] },
  { unit: 'etcd', startAfter: [] },
  { unit: 'easycerts-nats', startAfter: [] },
];
const namesOf = (units: readonly { readonly unit: string }[]): readonly string[] => units.map(({ unit }) => unit);

describe('startOrderOf', () => {
  it('puts each unit after everything it needs', () => {
    const { inCycle, ordered } = startOrderOf(host);
    assert.deepEqual(namesOf(ordered), [
      'containerd',
      'easycerts-nats',
      'etcd',
      'kube-apiserver',
      'kubelet',
      'flanneld',
    ]);
    assert.deepEqual(inCycle, []);
  });

  it('does not depend on the order of its input', () => {
    assert.deepEqual(startOrderOf([...host].reverse()), startOrderOf(host));
  });

  it('leaves what is not on the host to whoever waits for it', () => {
    assert.deepEqual(namesOf(startOrderOf([{ unit: 'a', startAfter: ['elsewhere'] }]).ordered), ['a']);
  });

  it('finds circles, and what hangs on them, and orders the rest', () => {
    const circle = [
      { unit: 'a', startAfter: ['c'] },
      { unit: 'b', startAfter: ['a'] },
      { unit: 'c', startAfter: ['b'] },
      { unit: 'd', startAfter: ['a'] },
      { unit: 'e', startAfter: [] },
    ];
    const { inCycle, ordered } = startOrderOf(circle);
    assert.deepEqual([namesOf(ordered), namesOf(inCycle)], [['e'], ['a', 'b', 'c', 'd']]);
  });

  it('takes a unit that needs itself for a circle', () => {
    assert.deepEqual(namesOf(startOrderOf([{ unit: 'a', startAfter: ['a'] }]).inCycle), ['a']);
  });

  it('is empty for nothing', () => {
    assert.deepEqual(startOrderOf([]), { ordered: [], inCycle: [] });
  });
});

describe('stopOrder', () => {
  it('stops nothing before what needs it, and the bus last', () => {
    assert.deepEqual(stopOrder(host), [
      ['flanneld'],
      ['kubelet'],
      ['kube-apiserver', 'containerd'],
      ['etcd'],
      ['easycerts-nats'],
    ]);
  });

  it('stops a circle together', () => {
    const circle = [
      { unit: 'a', startAfter: ['b'] },
      { unit: 'b', startAfter: ['a'] },
    ];
    assert.deepEqual(stopOrder(circle), [['a', 'b']]);
  });
});
