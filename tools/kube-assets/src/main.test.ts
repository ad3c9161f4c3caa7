import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@easycerts/core';
import { parseArguments } from './main.ts';
import { renderError, renderEvent } from './render-event.ts';

test('the command line is a group and perhaps --json', () => {
  assert.deepEqual(parseArguments([]), { group: 'all', isJson: false });
  assert.deepEqual(parseArguments(['--json', 'bus']), { group: 'bus', isJson: true });
  for (const words of [['nodes'], ['bus', 'node'], ['--help']]) {
    assert.throws(() => parseArguments(words), { code: 'INVALID_INPUT' }, words.join(' '));
  }
});

test('every event is one line that says how far it is', () => {
  const event = { name: 'etcd 3.6.6', index: 4, total: 14 } as const;
  const table: [Parameters<typeof renderEvent>[0], string][] = [
    [{ ...event, kind: 'start' }, '[ 4/14] etcd 3.6.6: started'],
    [{ ...event, kind: 'done', elapsedMs: 25_000 }, '[ 4/14] etcd 3.6.6: done in 25s'],
    [{ ...event, kind: 'cached', detail: '/b/etcd' }, '[ 4/14] etcd 3.6.6: there already (/b/etcd)'],
    [{ ...event, kind: 'failed', detail: 'no network' }, '[ 4/14] etcd 3.6.6: failed: no network'],
  ];
  for (const [given, line] of table) assert.equal(renderEvent(given), line);
});

test('an error says what failed, what the program said, and what to do', () => {
  const details = { cure: 'free some space', output: 'a\nb' };
  const error = new AppError('NO_SPACE', 'build etcd: b', { details });
  assert.equal(renderError(error), 'error: build etcd: b\na\nb\ncure: free some space');
  assert.equal(renderError(new AppError('INTERNAL', 'x: b', { details: { output: 'b' } })), 'error: x: b');
});
