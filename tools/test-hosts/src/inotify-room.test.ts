import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { checkInotify, inotifyProblem } from './inotify-room.ts';

test('three hosts on an idle machine have room; a second cluster has not', () => {
  assert.equal(inotifyProblem(20, 128, 3), undefined);
  assert.equal(inotifyProblem(90, 128, 3)?.kind, 'scarce');
  assert.equal(inotifyProblem(120, 128, 3)?.kind, 'too-few');
  assert.match(inotifyProblem(120, 128, 3)?.cure ?? '', /sysctl -w fs\.inotify\.max_user_instances=/);
});

test('instances are counted, those of this process too', (t) => {
  const watcher = watch(tmpdir());
  t.after(() => watcher.close());
  assert.throws(() => checkInotify(1_000_000, undefined), { code: 'FAILED_PRECONDITION', message: /^\d+ of \d+ / });
  checkInotify(0, undefined);
});
