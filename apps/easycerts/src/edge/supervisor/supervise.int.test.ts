import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pathsUnder } from '@easycerts/cluster';
import { waitUntil } from '@easycerts/runtime';
import { parseSupervisorState, type SupervisorState } from '../../core/supervisor-state.ts';
import { toldError } from '../../core/told-error.ts';
import { supervise } from './supervise.ts';

const standIn = join(dirname(fileURLToPath(import.meta.url)), '../../../test/stand-in.mjs');
let root = '';
let controller = new AbortController();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'easycerts-supervise-'));
  controller = new AbortController();
});
afterEach(() => {
  controller.abort();
  rmSync(root, { recursive: true, force: true });
});

const stateFile = (): string => join(root, 'state.json');
const state = (): SupervisorState | undefined =>
  existsSync(stateFile()) ? parseSupervisorState(readFileSync(stateFile(), 'utf8')) : undefined;
const notes = (): readonly string[] =>
  existsSync(join(root, 'notes')) ? readFileSync(join(root, 'notes'), 'utf8').trim().split('\n') : [];
const until = async (condition: () => boolean): Promise<void> =>
  assert.ok(await waitUntil(condition, { timeoutMs: 10_000 }), `in time: ${condition}`);

function start(
  plan: object,
  more: { readonly images?: readonly string[]; readonly ctr?: string } = {},
): Promise<number> {
  process.env.STAND_IN = JSON.stringify({ notes: join(root, 'notes'), ...plan });
  return supervise({
    paths: pathsUnder(root),
    stateFile: stateFile(),
    easycerts: [process.execPath, standIn],
    images: [],
    ctr: 'ctr',
    signal: controller.signal,
    ...more,
  });
}

test('it prepares the host, runs joiner, and stops when it is told to', async () => {
  const ended = start({});
  await until(() => notes().includes('joiner'));
  assert.equal(state()?.phase, 'running');
  assert.equal(state()?.steps.authorities?.state, 'done');
  assert.equal(state()?.steps.configuration?.state, 'done');
  controller.abort();
  assert.equal(await ended, 0);
  assert.deepEqual(notes(), ['prepared', 'joiner', 'joiner stopped']);
  assert.equal(state()?.phase, 'stopped');
});

test('a host that cannot be prepared: it gives up with the error as it was told, and joiner never runs', async () => {
  assert.equal(await start({ prepareFails: true }), 2);
  assert.equal(state()?.phase, 'failed');
  assert.equal(state()?.failure?.step, 'configuration');
  assert.equal(toldError(state()?.failure?.output ?? '')?.code, 'INVALID_CONFIG');
  assert.ok(!notes().includes('joiner'));
});

test('joiner is started again whenever it ends', async () => {
  const ended = start({ joinerEnds: true });
  await until(() => notes().filter((word) => word === 'joiner').length >= 3);
  controller.abort();
  assert.equal(await ended, 0);
  assert.ok((state()?.joinerRestarts ?? 0) >= 2);
});

test('a joiner that does not stop is killed', async () => {
  const ended = start({ joinerIgnoresTerm: true });
  await until(() => notes().includes('joiner'));
  controller.abort();
  assert.equal(await ended, 0);
});

test('told to stop before it began, it does nothing', async () => {
  controller.abort();
  assert.equal(await start({}), 0);
  assert.deepEqual(notes(), []);
});

test('images are imported once containerd listens, and the next time only when they changed', async () => {
  const paths = pathsUnder(root);
  const image = join(root, 'pause.tar');
  const ctr = join(root, 'ctr');
  writeFileSync(image, 'image');
  writeFileSync(ctr, `#!/bin/sh\necho "$*" >> ${join(root, 'ctr.log')}\n`);
  chmodSync(ctr, 0o755);
  for (const folder of [paths.containerd, dirname(paths.containerdSocket)]) mkdirSync(folder, { recursive: true });
  const run = async (detail: string): Promise<void> => {
    controller = new AbortController();
    const ended = start({}, { images: [image], ctr });
    await until(() => state()?.steps.images?.detail === detail);
    controller.abort();
    await ended;
  };
  const server = createServer().listen(paths.containerdSocket);
  try {
    await run('1 imported');
    await run('there already');
    writeFileSync(image, 'another image');
    await run('1 imported');
  } finally {
    server.close();
  }
  assert.equal(readFileSync(join(root, 'ctr.log'), 'utf8').trim().split('\n').length, 2);
});

test('an import that fails is told and does not end the cluster', async () => {
  const paths = pathsUnder(root);
  const image = join(root, 'pause.tar');
  writeFileSync(image, 'image');
  for (const folder of [paths.containerd, dirname(paths.containerdSocket)]) mkdirSync(folder, { recursive: true });
  const server = createServer().listen(paths.containerdSocket);
  try {
    const ended = start({}, { images: [image], ctr: '/bin/false' });
    await until(() => state()?.steps.images?.state === 'failed');
    assert.equal(state()?.phase, 'running');
    controller.abort();
    assert.equal(await ended, 0);
  } finally {
    server.close();
  }
});
