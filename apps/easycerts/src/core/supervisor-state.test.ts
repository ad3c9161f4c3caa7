import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialSupervisorState, parseSupervisorState, withStep } from './supervisor-state.ts';

test('what is written is read', () => {
  const state = withStep(initialSupervisorState, 'authorities', { state: 'working', startedAtMs: 1 });
  assert.deepEqual(parseSupervisorState(JSON.stringify(state)), state);
});
for (const text of ['', '{', 'null', '[]', '{"phase":"running"}'])
  test(`${JSON.stringify(text)} is no state`, () => assert.equal(parseSupervisorState(text), undefined));
test('a step changes nothing else, nor the state it came from', () => {
  const before = withStep(initialSupervisorState, 'authorities', { state: 'done', startedAtMs: 1, endedAtMs: 2 });
  const after = withStep(before, 'images', { state: 'working', startedAtMs: 3 });
  assert.deepEqual(Object.keys(after.steps), ['authorities', 'images']);
  assert.deepEqual(Object.keys(before.steps), ['authorities']);
});
