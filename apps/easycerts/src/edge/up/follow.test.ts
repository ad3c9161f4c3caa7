import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AppError, isAppError } from '@easycerts/core';
import type { ProgressLine } from '../../core/progress.ts';
import { type DataDirectory, dataDirectoryAt } from '../data-directory.ts';
import type { ClusterLook } from './cluster-watch.ts';
import { type FollowOptions, follow } from './follow.ts';

let folder = '';
let data: DataDirectory;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'easycerts-follow-'));
  data = dataDirectoryAt(folder);
  mkdirSync(join(data.var, 'log/easycerts'), { recursive: true });
  mkdirSync(data.sandbox, { recursive: true });
  writeFileSync(join(data.var, 'log/easycerts/etcd.log'), 'one\ntwo: no space left\n');
  writeFileSync(data.supervisorLog, 'supervisor: last words\n');
});
after(() => rmSync(folder, { recursive: true, force: true }));

const lines: readonly ProgressLine[] = [{ name: 'etcd', state: 'working' }];
const working: ClusterLook = { lines, isReady: false, isStopping: false, hasEnded: false };
const ready: ClusterLook = {
  lines: [{ name: 'etcd', state: 'done' }],
  isReady: true,
  isStopping: false,
  hasEnded: false,
};
const failed: ClusterLook = { ...working, lines: [{ name: 'etcd', state: 'failed' }] };

/** Gives one look after the other, the last one again and again. */
function run(
  looks: readonly ClusterLook[],
  change: Partial<FollowOptions> = {},
): { said: string[]; ended: Promise<void> } {
  const said: string[] = [];
  let index = 0;
  const watch = { look: async () => looks[Math.min(index++, looks.length - 1)] ?? working };
  const view = {
    update: () => undefined,
    say: (text: string) => said.push(text),
    result: () => undefined,
    settle: () => undefined,
  };
  const signal = new AbortController().signal;
  const ended = follow({ watch, view, data, signal, timeoutMs: 60_000, isDetached: false, until: 'ready', ...change });
  return { said, ended };
}

test('it ends when everything is ready', () => run([working, ready]).ended);

test('a component that fails: the last lines of its log are shown, once', async () => {
  const { ended, said } = run([working, failed, failed, ready]);
  await ended;
  assert.equal(said.length, 1);
  assert.match(said[0] ?? '', /etcd.*\n.*one\n.*no space left/);
});

test('detached and too slow: the error names what is not ready, with its log', async () => {
  const { ended } = run([failed], { isDetached: true, timeoutMs: 0 });
  await assert.rejects(ended, (error) => {
    assert.ok(isAppError(error, 'DEADLINE_EXCEEDED'));
    assert.match(error.message, /etcd: failed\n.*one\n.*no space left/);
    assert.deepEqual(error.details.components, ['etcd']);
    return true;
  });
});

test('in the foreground and too slow: it is said, and goes on', async () => {
  const { ended, said } = run([working, working, ready], { timeoutMs: 0 });
  await ended;
  assert.match(said[0] ?? '', /still waiting for: etcd/);
});

test('a cluster that ends by itself is an error with its last words', async () => {
  await assert.rejects(
    run([working, { ...working, hasEnded: true }]).ended,
    (error) => isAppError(error, 'INTERNAL') && error.message.includes('supervisor: last words'),
  );
});

test('stopped by `easycerts down` it ends without an error, unless it was not ready yet', async () => {
  const looks = [ready, { ...ready, isStopping: true }, { ...ready, hasEnded: true }];
  await run(looks, { until: 'stopped' }).ended;
  const early = looks.map((look) => ({ ...look, isReady: false }));
  await assert.rejects(run(early).ended, (error) => isAppError(error, 'CANCELLED'));
});

test('a host that could not be prepared is the error that the command told', async () => {
  const output = JSON.stringify({ error: { code: 'INVALID_CONFIG', message: 'clusterCidr overlaps', details: {} } });
  const failure = { step: 'configuration', exitCode: 2, output } as const;
  await assert.rejects(
    run([{ ...working, failure }]).ended,
    (error) => isAppError(error, 'INVALID_CONFIG') && error.message === 'clusterCidr overlaps',
  );
});

test('told to stop before it is ready it throws the reason, afterwards it just ends', async () => {
  const controller = new AbortController();
  controller.abort(new AppError('CANCELLED', 'stopped by SIGINT'));
  const { signal } = controller;
  await assert.rejects(run([working], { signal }).ended, (error) => isAppError(error, 'CANCELLED'));
  await run([ready], { signal, until: 'stopped' }).ended;
});
