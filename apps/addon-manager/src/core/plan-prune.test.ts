import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { modeLabel, ownerAnnotation } from './addon-mode.ts';
import type { InventoryEntry } from './inventory.ts';
import type { KubeObject } from './kube-object.ts';
import { keyOf } from './kube-object.ts';
import type { PruneFacts } from './plan-prune.ts';
import { decidePrune, planPrune } from './plan-prune.ts';

const entry = (name: string, kind = 'ConfigMap'): InventoryEntry => ({
  apiVersion: 'v1',
  kind,
  namespace: 'n',
  name,
  addon: 'a',
  file: `${name}.yaml`,
});
const a = entry('a');
const facts: PruneFacts = {
  inventory: new Map([[keyOf(a), a]]),
  wanted: new Set(),
  released: new Set(),
  damagedFiles: new Set(),
  missingSince: new Map([[keyOf(a), 0]]),
  nowMs: 10,
  delayMs: 10,
};

describe('planPrune', () => {
  test('prunes what has been missing for the delay', () => {
    assert.deepEqual(planPrune(facts).prune, [a]);
  });

  for (const [rule, changed] of Object.entries<Partial<PruneFacts>>({
    'what is wanted': { wanted: new Set([keyOf(a)]) },
    'what came from a file that is damaged now': { damagedFiles: new Set(['a.yaml']) },
    'what has not been missing for long': { nowMs: 9 },
    'what is missing for the first time': { missingSince: new Map() },
    'what belongs to the users now': { released: new Set([keyOf(a)]) },
  })) {
    test(`does not prune ${rule}`, () => assert.deepEqual(planPrune({ ...facts, ...changed }).prune, []));
  }

  test('releases what belongs to the users now', () => {
    assert.deepEqual(planPrune({ ...facts, released: new Set([keyOf(a)]) }).release, [a]);
  });

  test('says since when objects are missing, and when the first is due', () => {
    const b = entry('b');
    const plan = planPrune({
      ...facts,
      inventory: new Map([
        [keyOf(a), a],
        [keyOf(b), b],
      ]),
      nowMs: 5,
    });
    assert.deepEqual(
      plan.missingSince,
      new Map([
        [keyOf(a), 0],
        [keyOf(b), 5],
      ]),
    );
    assert.equal(plan.nextAtMs, 10);
  });

  test('forgets how long an object was missing once it is wanted again', () => {
    assert.deepEqual(planPrune({ ...facts, wanted: new Set([keyOf(a)]) }).missingSince, new Map());
  });

  test('prunes in the reverse order of applying', () => {
    const namespace = entry('ns', 'Namespace');
    const deployment = entry('d', 'Deployment');
    const inventory = new Map([namespace, deployment].map((item) => [keyOf(item), item]));
    const plan = planPrune({
      ...facts,
      inventory,
      missingSince: new Map([...inventory.keys()].map((key) => [key, 0])),
    });
    assert.deepEqual(plan.prune, [deployment, namespace]);
  });

  test('with no delay everything is due at once', () => {
    assert.deepEqual(planPrune({ ...facts, missingSince: new Map(), delayMs: 0 }).prune, [a]);
  });
});

describe('decidePrune', () => {
  const live = (changed: Partial<KubeObject['metadata']> = {}, kind = 'ConfigMap'): KubeObject => ({
    apiVersion: 'v1',
    kind,
    metadata: {
      name: 'a',
      labels: { [modeLabel]: 'Reconcile' },
      annotations: { [ownerAnnotation]: 'addons' },
      ...changed,
    },
  });
  for (const [rule, object, expected] of [
    ['our own is deleted', live(), 'delete'],
    ['what is not there is gone', undefined, 'gone'],
    ['without our annotation it is not ours', live({ annotations: {} }), 'not-ours'],
    [
      'with the annotation of the other set it is not ours',
      live({ annotations: { [ownerAnnotation]: 'bootstrap' } }),
      'not-ours',
    ],
    ['without the label it is not ours', live({ labels: {} }), 'not-ours'],
    ['what is being deleted is waited for', live({ deletionTimestamp: '2020-01-01T12:00:00Z' }), 'wait'],
    ['a definition stays, because its objects would go with it', live({}, 'CustomResourceDefinition'), 'left-in-place'],
  ] as const) {
    test(rule, () => assert.equal(decidePrune(object, 'addons'), expected));
  }
});
