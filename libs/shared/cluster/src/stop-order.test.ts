import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopOrder } from './stop-order.ts';

const unit = (name: string, ...startAfter: string[]) => ({ unit: name, startAfter });

test('what needs another goes before it, what is independent together, the bus last', () => {
  const units = [
    unit('easycerts-nats'),
    unit('etcd'),
    unit('api', 'etcd'),
    unit('kubelet', 'api', 'containerd'),
    unit('containerd'),
  ];
  assert.deepEqual(stopOrder(units), [['kubelet'], ['api', 'containerd'], ['etcd'], ['easycerts-nats']]);
});
test('a unit that is waited for but not there changes nothing', () => {
  assert.deepEqual(stopOrder([unit('a', 'absent')]), [['a']]);
});
test('units that need each other in a circle are stopped together', () => {
  assert.deepEqual(stopOrder([unit('a', 'b'), unit('b', 'a')]), [['a', 'b']]);
});
test('nothing to stop is no work', () => assert.deepEqual(stopOrder([]), []));
