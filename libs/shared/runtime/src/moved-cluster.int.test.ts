import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathsUnder } from '@easycerts/cluster';
import { temporaryDirectory } from '@easycerts/testing';
import { runDaemon } from './daemon.ts';
import { loadClusterConfig } from './load-cluster-config.ts';
import { type MoveWatch, watchForMove } from './moved-cluster.ts';

const text = 'roles: [master]\nmasterAddress: 192.0.2.1\n';
/** With nothing in it that would need a certificate. */
const apart = 'roles: []\nmasterAddress: 192.0.2.1\neasyCerts: false\n';
const neverMs = 3_600_000;

async function hostWith(t: TestContext, given = text): Promise<string> {
  const folder = await temporaryDirectory();
  t.after(() => folder.remove());
  const configFile = join(folder.path, 'cluster.yaml');
  await writeFile(configFile, given);
  await mkdir(join(folder.path, 'accepted'));
  await cp(configFile, join(folder.path, 'accepted', 'cluster.yaml'));
  return configFile;
}

async function watching(t: TestContext, configFile: string, everyMs = neverMs): Promise<MoveWatch> {
  const watch = watchForMove({ configFile, config: await loadClusterConfig(configFile), everyMs });
  t.after(() => watch.close());
  return watch;
}

for (const [what, changed] of [
  ['another masterAddress', text.replace('192.0.2.1', '192.0.2.2')],
  ['another port of the bus', `${text}bus: {port: 4333}\n`],
  ['another port of the CA', `${text}pki: {grpcPort: 7553}\n`],
  ['another port for those who join', `${text}pki: {enrolPort: 7555}\n`],
  ['a CA that does as cfssl does', `${text}pki: {cfssl: {enable: true}}\n`],
] as const) {
  test(`${what} is a move`, async (t) => {
    const configFile = await hostWith(t);
    const watch = await watching(t, configFile);
    await writeFile(configFile, changed);
    await watch.look();
    assert.equal(watch.signal.aborted, true);
  });
}

for (const [what, changed] of [
  ['the same text', text],
  ['the same in other words', '# moved nowhere\nmasterAddress: "192.0.2.1"\nroles: [master]\n'],
  ['another setting of a component', `${text}apiserver: {verbosity: 4}\n`],
  ['another profile of cfssl', `${text}pki: {cfssl: {profiles: {web: {expiry: 24h}}}}\n`],
  ['a mistake', `${text}bus: {prot: 4333}\n`],
  ['half a file', 'roles: [no'],
] as const) {
  test(`${what} is no move`, async (t) => {
    const configFile = await hostWith(t);
    const watch = await watching(t, configFile);
    await writeFile(configFile, changed);
    await watch.look();
    assert.equal(watch.signal.aborted, false);
  });
}

test('a host that has left its cluster stays where it is', async (t) => {
  const configFile = await hostWith(t);
  const watch = await watching(t, configFile);
  await rm(configFile);
  await watch.look();
  assert.equal(watch.signal.aborted, false);
});

test('it is looked at by itself', async (t) => {
  const configFile = await hostWith(t);
  const watch = await watching(t, configFile, 10);
  const moved = once(watch.signal, 'abort');
  await writeFile(configFile, text.replace('192.0.2.1', '192.0.2.2'));
  await moved;
});

test('a daemon ends in order when the cluster has moved, to be started again', async (t) => {
  const configFile = await hostWith(t, apart);
  const command = {
    configFile,
    paths: pathsUnder(join(configFile, '..')),
    isJson: false,
    logLevel: 'silent' as const,
    signal: new AbortController().signal,
  };
  const started = Promise.withResolvers<void>();
  let isClosed = false;
  const options = { service: 'test', config: await loadClusterConfig(configFile), lookEveryMs: 10 };
  const running = runDaemon(command, options, async () => {
    started.resolve();
    return {
      close: async () => {
        isClosed = true;
      },
    };
  });
  await started.promise;
  assert.equal(isClosed, false);
  await writeFile(configFile, `${apart}bus: {port: 4333}\n`);
  await running;
  assert.equal(isClosed, true);
});
