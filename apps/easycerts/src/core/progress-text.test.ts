import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressLine } from './progress.ts';
import { plainText, terminalText } from './progress-text.ts';

const lines: readonly ProgressLine[] = [
  { name: 'etcd', state: 'done', startedAtMs: 0, endedAtMs: 700 },
  { name: 'kube-apiserver', state: 'working', startedAtMs: 500, detail: 'waiting for\n  /readyz' },
  { name: 'kubelet', state: 'waiting' },
  { name: 'flanneld', state: 'failed', startedAtMs: 0, endedAtMs: 900, detail: 'exit code 1' },
];
const facts = { nowMs: 2_000, frame: 0, columns: 80 };

test('one line a thing, aligned, with its state and time', () => {
  assert.deepEqual(terminalText(lines, facts), [
    '✓  etcd            ready       0.7s',
    '⠋  kube-apiserver  starting    1.5s',
    '·  kubelet         waiting',
    '✗  flanneld        failed      0.9s  exit code 1',
  ]);
});
test('the spinner turns with every drawing', () => {
  assert.notEqual(terminalText(lines, facts)[1], terminalText(lines, { ...facts, frame: 1 })[1]);
});
test('no line is longer than the terminal is wide: a wrapped one could not be rewritten', () => {
  for (const columns of [1, 10, 30])
    for (const text of terminalText(lines, { ...facts, columns })) assert.ok([...text].length < Math.max(columns, 2));
});
test('plain lines tell one change each', () => {
  assert.deepEqual(
    lines.map((line) => plainText(line, 2_000)),
    ['ready    etcd (0.7s)', 'starting kube-apiserver', 'waiting  kubelet', 'failed   flanneld (0.9s): exit code 1'],
  );
});

test('what a component waits for is told when it takes long', () => {
  assert.match(terminalText(lines, { ...facts, nowMs: 6_000 })[1] ?? '', /5\.5s {2}waiting for \/readyz$/);
});
