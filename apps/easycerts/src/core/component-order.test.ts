import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inStartOrder } from './component-order.ts';

test('our services, then components as they come up, then what is unknown', () => {
  const units = ['x', 'kubelet', 'etcd', 'a', 'easycerts-ca', 'easycerts-nats'].map((unit) => ({ unit }));
  const sorted = inStartOrder(units).map(({ unit }) => unit);
  assert.deepEqual(sorted, ['easycerts-nats', 'easycerts-ca', 'etcd', 'kubelet', 'x', 'a']);
});
