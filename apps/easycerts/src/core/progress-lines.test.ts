import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressLines } from './progress-lines.ts';
import { initialSupervisorState, withStep } from './supervisor-state.ts';

const states = (facts: Parameters<typeof progressLines>[0]): readonly string[] =>
  progressLines(facts).map(({ name, state }) => `${name}: ${state}`);

test('before the supervisor has said anything, the first steps wait', () => {
  assert.deepEqual(states({ supervisor: undefined, components: [] }), [
    'certificate authorities: waiting',
    'configuration: waiting',
  ]);
});
test('steps, components, images and the node, in the order in which they come up', () => {
  const done = { state: 'done', startedAtMs: 1, endedAtMs: 2 } as const;
  const prepared = withStep(withStep(initialSupervisorState, 'authorities', done), 'configuration', done);
  const supervisor = withStep(prepared, 'images', { state: 'working', startedAtMs: 3 });
  const node = { name: 'easycerts', startedAtMs: 0 };
  assert.deepEqual(states({ supervisor, components: [{ unit: 'etcd', state: 'done' }], node }), [
    'certificate authorities: done',
    'configuration: done',
    'etcd: done',
    'images: working',
    'node easycerts: working',
  ]);
});
test('a node that is Ready is done, with the time it took', () => {
  const node = { name: 'easycerts', startedAtMs: 10, readyAtMs: 30 };
  const line = progressLines({ supervisor: undefined, components: [], node }).at(-1);
  assert.deepEqual(line, { name: 'node easycerts', state: 'done', startedAtMs: 10, endedAtMs: 30 });
});
test('a node whose kubelet is not up yet waits', () => {
  assert.equal(states({ supervisor: undefined, components: [], node: { name: 'n' } }).at(-1), 'node n: waiting');
});
