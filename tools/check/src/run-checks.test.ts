import assert from 'node:assert/strict';
import test from 'node:test';
import type { CheckDefinition } from './check-definition.ts';
import { runChecks } from './run-checks.ts';

const good: CheckDefinition = { name: 'good', cure: 'none', run: () => [] };
const bad: CheckDefinition = { name: 'bad', cure: 'mend it', run: () => ['a.ts:1: wrong', 'b.ts:2: wrong'] };
const broken: CheckDefinition = { name: 'broken', cure: 'look', run: () => Promise.reject(new Error('no compiler')) };

async function outputOf(
  checks: readonly CheckDefinition[],
): Promise<{ readonly isFine: boolean; readonly text: string }> {
  const lines: string[] = [];
  let ms = 0;
  const now = (): number => (ms += 500);
  const isFine = await runChecks(checks, { root: '/', tree: [] }, { write: (line) => lines.push(line), now });
  return { isFine, text: lines.join('\n') };
}

test('without problems there is one line a check and a sum', async () => {
  assert.deepEqual(await outputOf([good]), { isFine: true, text: '✔ good: ok (0.5s)\n\n1 checks passed, 0 failed' });
});

test('all problems of all checks are told at the end, in the order of the list, each with its cure', async () => {
  const { isFine, text } = await outputOf([bad, good, broken]);
  assert.equal(isFine, false);
  assert.match(text, /✖ bad: 2 problems \(/);
  assert.match(text, /\nbad\n {2}a\.ts:1: wrong\n {2}b\.ts:2: wrong\n {2}cure: mend it\n/);
  assert.match(text, /\nbroken\n {2}the check itself failed: no compiler\n {2}cure: look\n/);
  assert.ok(text.indexOf('\nbad\n') < text.indexOf('\nbroken\n'));
  assert.match(text, /\n1 checks passed, 2 failed \(3 problems\)$/);
});
