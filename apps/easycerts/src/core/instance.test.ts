import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceOf } from './instance.ts';

test('the same data directory always has the same names', () => {
  assert.deepEqual(instanceOf('/home/a/.easycerts'), instanceOf('/home/a/.easycerts'));
});

test('two data directories share no name', () => {
  const one = instanceOf('/home/a/.easycerts');
  const other = instanceOf('/home/b/.easycerts');
  assert.notEqual(one.interfaceName, other.interfaceName);
  assert.notEqual(one.cgroupName, other.cgroupName);
});

test('names fit the kernel’s limits, however long the path is', () => {
  const { interfaceName, interfaceAlias } = instanceOf(`/${'long/'.repeat(200)}`);
  assert.ok(interfaceName.length <= 15);
  assert.ok(interfaceAlias.length <= 255);
});
