import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AssetEvent } from './assets.ts';
import { ensureAssets } from './ensure-assets.ts';
import { fakeGo, script, temporaryFolder } from './testing.ts';

interface Machine {
  readonly root: string;
  readonly env: Record<string, string>;
  readonly events: AssetEvent[];
  ensure(more?: {
    signal?: AbortSignal;
    env?: Record<string, string>;
    onEvent?: (event: AssetEvent) => void;
  }): ReturnType<typeof ensureAssets>;
  builds(): Promise<number>;
}

async function machine(t: TestContext, go: string | undefined = fakeGo): Promise<Machine> {
  const root = await temporaryFolder(t);
  if (go !== '') await script(join(root, 'path/go'), go);
  const env = { HOME: root, PATH: join(root, 'path'), FAKE_LOG: join(root, 'log'), FAKE_HOLD: join(root, 'hold') };
  const events: AssetEvent[] = [];
  return {
    root,
    env,
    events,
    ensure: ({ env: more = {}, onEvent, ...rest } = {}) => {
      const report = (event: AssetEvent): void => {
        events.push(event);
        onEvent?.(event);
      };
      return ensureAssets({ group: 'bus', env: { ...env, ...more }, report, ...rest });
    },
    builds: async () => (await readFile(env.FAKE_LOG, 'utf8')).trim().split('\n').length,
  };
}

const kinds = (events: readonly AssetEvent[]): string => events.map((event) => event.kind).join(' ');

test('what is missing is built once, and found in the cache from then on', async (t) => {
  const { ensure, events, builds, root } = await machine(t);
  const assets = await ensure();
  assert.equal(kinds(events), 'start done');
  assert.equal(assets.path('nats-server'), join(assets.binDir, 'nats-server'));
  assert.equal(assets.binDir, join(root, '.cache/easycerts', assets.version, 'bin'));
  assert.equal(assets.images.pause.ref, `localhost/easycerts/pause:${assets.version}`);
  assert.equal(assets.images.busybox, undefined);
  await ensure();
  assert.equal(kinds(events), 'start done cached');
  assert.equal(await builds(), 1);
  assert.throws(() => assets.path('kubelet'), { code: 'NOT_FOUND' });
});

test('a usable program on PATH or in EASYCERTS_BIN_DIR needs no Go', async (t) => {
  const { ensure, events, root } = await machine(t, '');
  await script(join(root, 'own/nats-server'), 'echo nats-server: v2.12.3');
  const assets = await ensure({ env: { EASYCERTS_BIN_DIR: join(root, 'own') } });
  assert.equal(kinds(events), 'cached');
  assert.deepEqual(await readdir(assets.binDir), ['nats-server']);
  assert.ok(!assets.binDir.startsWith(join(root, 'own')));
});

test('a wrong version in EASYCERTS_BIN_DIR stops everything before work begins', async (t) => {
  const { ensure, events, root } = await machine(t);
  await script(join(root, 'own/nats-server'), 'echo nats-server: v2.9.0');
  await assert.rejects(ensure({ env: { EASYCERTS_BIN_DIR: join(root, 'own') } }), { code: 'FAILED_PRECONDITION' });
  assert.equal(kinds(events), '');
});

test('EASYCERTS_BIN_DIR that is no folder is an error, not ignored', async (t) => {
  const { ensure, root } = await machine(t);
  await assert.rejects(ensure({ env: { EASYCERTS_BIN_DIR: join(root, 'typo') } }), { code: 'INVALID_CONFIG' });
});

test('without Go it says so at once', async (t) => {
  const { ensure, events } = await machine(t, '');
  await assert.rejects(ensure(), { code: 'FAILED_PRECONDITION', message: 'go not found' });
  assert.equal(kinds(events), '');
});

test('a failed build is told once as an event and once as an error, and can be tried again', async (t) => {
  const { ensure, events } = await machine(t);
  const env = { FAKE_FAILURE: 'dial tcp: lookup proxy: no such host' };
  await assert.rejects(ensure({ env }), { code: 'UNAVAILABLE' });
  assert.equal(kinds(events), 'start failed');
  await ensure();
  assert.equal(kinds(events), 'start failed start done');
});

test('two runs at a time build once', async (t) => {
  const { ensure, events, builds, env } = await machine(t);
  await writeFile(env.FAKE_HOLD ?? '', '');
  const started = Promise.withResolvers<void>();
  const waiting = Promise.withResolvers<void>();
  const first = ensure({ onEvent: () => started.resolve() });
  await started.promise;
  const second = ensure({ onEvent: () => waiting.resolve() });
  await waiting.promise;
  await rm(env.FAKE_HOLD ?? '');
  const [a, b] = await Promise.all([first, second]);
  assert.equal(a.binDir, b.binDir);
  assert.equal(await builds(), 1);
  assert.equal(kinds(events), 'start start done cached');
  assert.match(events[1]?.detail ?? '', /another run/);
});

test('a cancelled run leaves nothing that the next one trips over', async (t) => {
  const { ensure, env } = await machine(t);
  await writeFile(env.FAKE_HOLD ?? '', '');
  const ending = new AbortController();
  const run = ensure({ signal: ending.signal, onEvent: () => setImmediate(() => ending.abort()) });
  await assert.rejects(run, { code: 'CANCELLED' });
  await rm(env.FAKE_HOLD ?? '');
  const assets = await ensure();
  assert.deepEqual(
    (await readdir(assets.binDir)).filter((name) => name !== 'nats-server'),
    [],
  );
});

test('what a killed run left half done is removed', async (t) => {
  const { ensure, root } = await machine(t);
  const { binDir } = await ensure();
  await rm(join(binDir, 'nats-server'));
  await mkdir(join(binDir, '../deb/.tmp-1-runc'), { recursive: true });
  await writeFile(join(binDir, '.tmp-1-nats-server'), 'half');
  const assets = await ensure();
  assert.deepEqual(await readdir(assets.binDir), ['nats-server']);
  assert.deepEqual(await readdir(join(assets.binDir, '../deb')), []);
  assert.ok(assets.binDir.startsWith(root));
});
