import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Inventory, InventoryEntry } from './inventory.ts';
import { inventoryData, inventoryReference, isSameInventory, parseInventory } from './inventory.ts';
import { keyOf } from './kube-object.ts';

const entry = (name: string): InventoryEntry => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace: 'n',
  name,
  addon: 'a',
  file: 'a.yaml',
});
const inventoryOf = (...names: string[]): Inventory => new Map(names.map((name) => [keyOf(entry(name)), entry(name)]));
const stored = (objects: unknown, version: unknown = 1): unknown => ({
  'inventory.json': JSON.stringify({ version, objects }),
});

describe('the inventory', () => {
  test('is read back as it was written', () => {
    assert.deepEqual(parseInventory(inventoryData(inventoryOf('a', 'b'))), inventoryOf('a', 'b'));
    assert.deepEqual(parseInventory(inventoryData(new Map())), new Map());
  });

  test('is the same text in whatever order it was made', () => {
    assert.deepEqual(inventoryData(inventoryOf('a', 'b')), inventoryData(inventoryOf('b', 'a')));
    assert.equal(isSameInventory(inventoryOf('a', 'b'), inventoryOf('b', 'a')), true);
    assert.equal(isSameInventory(inventoryOf('a'), inventoryOf('a', 'b')), false);
  });

  for (const [rule, data] of [
    ['no data', undefined],
    ['no key', { other: '{}' }],
    ['not text', { 'inventory.json': 1 }],
    ['not JSON', { 'inventory.json': '{' }],
    ['not an object', { 'inventory.json': '[]' }],
    ['a version of the future', stored([], 2)],
    ['objects that are no list', stored({})],
    ['an entry that is nothing', stored([null])],
    ['an entry without a name', stored([{ ...entry('a'), name: '' }])],
    ['an entry without a kind', stored([{ ...entry('a'), kind: undefined }])],
    ['an entry whose namespace is a number', stored([{ ...entry('a'), namespace: 1 }])],
    ['one bad entry among good ones', stored([entry('a'), {}])],
  ] as const) {
    test(`is damaged with ${rule}`, () => {
      const read = parseInventory(data);
      assert.ok('reason' in read);
      assert.equal(read.reason, 'damaged');
    });
  }

  test('takes nothing over that is not part of an entry', () => {
    const read = parseInventory(stored([{ ...entry('a'), extra: 'x' }]));
    assert.deepEqual(read, inventoryOf('a'));
  });

  test('lies in kube-system, one for each set', () => {
    assert.equal(inventoryReference('addons').name, 'easycerts-addons-inventory');
    assert.equal(inventoryReference('bootstrap').namespace, 'kube-system');
  });
});
