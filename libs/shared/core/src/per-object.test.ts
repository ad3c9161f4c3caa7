import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perObject } from './per-object.ts';

test('an object is worked out once, an equal one by itself', () => {
  const asked: { readonly name: string }[] = [];
  const length = perObject((key: { readonly name: string }) => {
    asked.push(key);
    return key.name.length;
  });
  const [one, equal] = [{ name: 'abc' }, { name: 'abc' }];
  assert.deepEqual([length(one), length(one), length(equal), length(one)], [3, 3, 3, 3]);
  assert.deepEqual(asked, [one, equal]);
});

test('nothing is a result like any other', () => {
  let asked = 0;
  const nothing = perObject((_: object) => {
    asked += 1;
    return undefined;
  });
  const key = {};
  assert.deepEqual([nothing(key), nothing(key), asked], [undefined, undefined, 1]);
});

test('what cannot be worked out is tried again', () => {
  const outcomes = [new Error('no'), undefined];
  const work = perObject((_: object) => {
    const problem = outcomes.shift();
    if (problem !== undefined) throw problem;
    return 1;
  });
  const key = {};
  assert.throws(() => work(key));
  assert.equal(work(key), 1);
});
