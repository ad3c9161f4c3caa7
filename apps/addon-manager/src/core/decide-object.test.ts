import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ObjectFacts } from './decide-object.ts';
import { covers, decideObject, isSameContent } from './decide-object.ts';
import type { KubeObject } from './kube-object.ts';

const desired: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a' },
  data: { value: 'written' },
};
const live = (value = 'written', metadata: object = {}): KubeObject => ({
  ...desired,
  metadata: { name: 'a', resourceVersion: '7', uid: 'u', ...metadata },
  data: { value },
});
const right: ObjectFacts = {
  mode: 'Reconcile',
  desired,
  manifestHash: 'h',
  live: live(),
  seen: { manifestHash: 'h', resourceVersion: '7' },
  trustsContent: false,
};
const deleting = { deletionTimestamp: '2020-01-01T12:00:00Z' };

describe('decideObject', () => {
  for (const [rule, changed, expected] of [
    ['what is as it was seen needs nothing', {}, 'none'],
    ['what is missing is applied', { live: undefined }, 'apply missing'],
    ['what is missing is applied even when it was never seen', { live: undefined, seen: undefined }, 'apply missing'],
    ['a changed manifest is applied', { manifestHash: 'other' }, 'apply manifest-changed'],
    ['an edit is taken back', { live: live('edited', { resourceVersion: '8' }) }, 'apply edited'],
    ['a change that is none of ours is left alone', { live: live('written', { resourceVersion: '8' }) }, 'none'],
    ['the first look applies, to own the fields', { seen: undefined }, 'apply first-look'],
    ['a trusting first look leaves what is right', { seen: undefined, trustsContent: true }, 'none'],
    [
      'a trusting first look corrects what is wrong',
      { seen: undefined, trustsContent: true, live: live('x') },
      'apply first-look',
    ],
    ['what is being deleted is waited for', { live: live('x', deleting) }, 'wait'],
    ['EnsureExists makes what is missing', { mode: 'EnsureExists', live: undefined }, 'create'],
    ['EnsureExists leaves edits alone', { mode: 'EnsureExists', live: live('x', { resourceVersion: '8' }) }, 'none'],
    ['EnsureExists leaves a changed manifest alone', { mode: 'EnsureExists', manifestHash: 'other' }, 'none'],
    [
      'EnsureExists does not look again at what is being deleted',
      { mode: 'EnsureExists', live: live('x', deleting) },
      'none',
    ],
  ] as const) {
    test(rule, () => {
      const decision = decideObject({ ...right, ...(changed as Partial<ObjectFacts>) });
      assert.equal('reason' in decision ? `${decision.kind} ${decision.reason}` : decision.kind, expected);
    });
  }
});

describe('covers', () => {
  for (const [one, other, expected] of [
    [{ a: 1, b: 2 }, { a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: { b: [1, { c: 2, d: 3 }] } }, { a: { b: [1, { c: 2 }] } }, true],
    [[1, 2], [1], false],
    [[1], [1, 2], false],
    [{ a: '1' }, { a: 1 }, false],
    [{ a: [] }, { a: {} }, false],
    [{}, { a: {} }, false],
    [{ a: null }, { a: null }, true],
    [{}, { a: null }, false],
    [undefined, { a: 1 }, false],
    [null, {}, false],
    [{}, [], false],
    [{ rules: [{ verbs: ['get', '*'] }] }, { rules: [{ verbs: ['get'] }] }, false],
  ] as const) {
    test(`${JSON.stringify(one)} ${expected ? 'covers' : 'does not cover'} ${JSON.stringify(other)}`, () => {
      assert.equal(covers(one, other), expected);
    });
  }
});

describe('isSameContent', () => {
  test('looks past the bookkeeping of the server only', () => {
    assert.equal(
      isSameContent(live(), live('written', { resourceVersion: '9', generation: 2, managedFields: [] })),
      true,
    );
    assert.equal(isSameContent(live(), live('other')), false);
    assert.equal(isSameContent(live(), live('written', { labels: { x: 'y' } })), false);
    assert.equal(isSameContent(live('written', { labels: { x: 'y' } }), live()), false);
  });
});
