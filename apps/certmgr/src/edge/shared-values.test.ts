import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SharedValues } from './shared-values.ts';

describe('SharedValues', () => {
  test('gives the first of equal lists, and another for another', () => {
    const shared = new SharedValues();
    const first = ['client auth', 'server auth'];
    assert.equal(shared.list(first), first);
    assert.equal(shared.list([...first]), first);
    assert.deepEqual(shared.list(['client auth,server auth']), ['client auth,server auth']);
    assert.deepEqual(shared.list([]), []);
  });

  test('keeps no more than a thousand, and answers all the same', () => {
    const shared = new SharedValues();
    for (let index = 0; index < 1_000; index += 1) shared.list([String(index)]);
    const late = ['late'];
    assert.equal(shared.list(late), late);
    assert.notEqual(shared.list(['late']), late);
    assert.equal(shared.text('late'), 'late');
  });
});
