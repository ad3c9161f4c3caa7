import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressLine } from '../../core/progress.ts';
import { createProgressView } from './progress-view.ts';

const working: readonly ProgressLine[] = [{ name: 'etcd', state: 'working', startedAtMs: 0 }];
const done: readonly ProgressLine[] = [{ name: 'etcd', state: 'done', startedAtMs: 0, endedAtMs: 500 }];

function screen(): {
  readonly text: () => string;
  readonly stream: { columns: number; rows: number; write(text: string): void };
} {
  let text = '';
  return {
    text: () => text,
    stream: {
      columns: 80,
      rows: 24,
      write(more) {
        text += more;
      },
    },
  };
}

test('plain: one line a change', () => {
  const { stream, text } = screen();
  const view = createProgressView({ stream, isTerminal: false, isJson: false });
  for (const lines of [working, working, done, done]) view.update(lines);
  view.settle();
  assert.equal(text(), 'starting etcd\nready    etcd (0.5s)\n');
});

test('JSON: one value a change, messages too', () => {
  const { stream, text } = screen();
  const view = createProgressView({ stream, isTerminal: true, isJson: true });
  view.update(working);
  view.say('hello');
  view.result({ kind: 'ready' });
  const values = text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).kind);
  assert.deepEqual(values, ['progress', 'message', 'ready']);
});

test('terminal: lines are rewritten in place, messages stay above them', () => {
  const { stream, text } = screen();
  const view = createProgressView({ stream, isTerminal: true, isJson: false });
  view.update(working);
  view.say('one');
  view.say('two');
  view.update(done);
  view.settle();
  assert.match(text(), /^one\n.*etcd/);
  assert.ok(text().includes('\x1b[1A\x1b[0Jtwo\n'), 'the line below is taken away first');
  assert.match(text(), /✓ {2}etcd {2}ready .*\n$/);
});

test('terminal: once settled, changes are lines of their own, and what was shown is not shown again', () => {
  const { stream, text } = screen();
  const view = createProgressView({ stream, isTerminal: true, isJson: false });
  view.update(done);
  view.settle();
  const shown = text().length;
  view.update(done);
  assert.equal(text().length, shown);
  view.update(working);
  assert.equal(text().slice(shown), 'starting etcd\n');
});
