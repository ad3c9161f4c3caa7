/** Attacks on the promise that a reader sees the old set or the new one: kill -9, a full disk, a read-only one. */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { before, describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { deliverSet } from '../atomic-file-set.ts';
import { cleanSets } from './clean-sets.ts';
import { isUsable, readSet } from './read-set.ts';
import { entriesOf, makeTestSets, noUsers, type TestSet, temporaryFolder } from './test-sets.ts';

let sets: Record<'a1' | 'b2' | 'c3', TestSet>;
before(async () => {
  sets = await makeTestSets('a1', 'b2', 'c3');
});

const deliverModule = JSON.stringify(import.meta.resolve('../atomic-file-set.ts'));

/** Delivers set after set for ever; prints a letter for each. */
const deliverForEver = `
  import { readFileSync } from 'node:fs';
  import { deliverSet } from ${deliverModule};
  const [directory, setsFile] = process.argv.slice(1);
  const sets = Object.values(JSON.parse(readFileSync(setsFile, 'utf8')));
  for (let turn = 0; ; turn += 1) {
    const files = sets[turn % sets.length];
    await deliverSet({ directory, files, owner: 'root', group: 'root', users: { idsOf: () => undefined } });
    process.stdout.write('.');
  }`;

describe('kill -9 during deliveries', () => {
  test('of two processes at once, at any moment, never shows a reader a mixture', async (t) => {
    const parent = await temporaryFolder(t);
    const directory = `${parent}/kubelet`;
    await writeFile(`${parent}/sets.json`, JSON.stringify(sets));
    await deliverSet({ directory, files: sets.a1, owner: 'root', group: 'root', users: noUsers });
    const reader = readUntilStopped(directory);
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([0, 1].map(() => deliverAndKill(t, [directory, `${parent}/sets.json`])));
      assert.ok(isUsable(await readSet(directory)), `after round ${round}`);
      const kept = await readSet(`${parent}/.previous/kubelet`).catch(() => undefined);
      assert.ok(kept === undefined || isUsable(kept), 'the kept copy is whole');
    }
    const { reads, serials } = await reader.stop();
    assert.ok(reads > 1_000, `${reads} reads`);
    assert.deepEqual([...serials].sort(), ['a1', 'b2', 'c3'], 'the reader has seen all of them');
    await cleanSets(parent);
    assert.equal((await entriesOf(parent)).length, 1);
    assert.equal((await entriesOf(`${parent}/.previous`)).length, 1);
  });
});

async function deliverAndKill(t: TestContext, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', deliverForEver, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  await delay(Math.random() * 40);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Reads again and again; fails on the first set whose files do not belong together. */
function readUntilStopped(directory: string): { stop: () => Promise<{ reads: number; serials: Set<string> }> } {
  let isStopped = false;
  const run = async (): Promise<{ reads: number; serials: Set<string> }> => {
    const serials = new Set<string>();
    for (let reads = 0; ; reads += 1) {
      if (isStopped) return { reads, serials };
      const set = await readSet(directory);
      assert.ok(isUsable(set) && set.serial !== undefined);
      serials.add(set.serial);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const done = run();
  return {
    stop: () => {
      isStopped = true;
      return done;
    },
  };
}

/** Fills the disk with a file of its own, tries to deliver, then makes room. Prints what happened as JSON. */
const deliverOnFullDisk = `
  import { readdirSync, readFileSync, rmSync, writeFileSync, appendFileSync, mkdirSync } from 'node:fs';
  import { deliverSet } from ${deliverModule};
  const [root, setsFile] = process.argv.slice(1);
  const [old, next] = Object.values(JSON.parse(readFileSync(setsFile, 'utf8')));
  const deliver = (files) => deliverSet({ directory: root + '/kubelet', files, owner: 'root', group: 'root', users: { idsOf: () => undefined } });
  await deliver(old);
  const entriesBefore = readdirSync(root + '/.sets');
  const outcomes = [];
  let kept = [];
  for (let room = 0; room < 20; room += 1) {
    try { for (;;) appendFileSync(root + '/ballast', Buffer.alloc(1024)); } catch {}
    const inodes = [];
    try { for (;;) { const path = root + '/inode' + room + '-' + inodes.length; mkdirSync(path); inodes.push(path); } } catch {}
    for (const path of [...inodes, ...kept].slice(0, room)) rmSync(path, { recursive: true });
    kept = readdirSync(root).filter((name) => name.startsWith('inode')).map((name) => root + '/' + name);
    const size = readFileSync(root + '/ballast').length;
    writeFileSync(root + '/ballast', Buffer.alloc(Math.max(0, size - room * 4096)));
    const outcome = await deliver(next).then(() => 'delivered', (error) => error.code);
    const entries = readdirSync(root + '/.sets');
    const key = readFileSync(root + '/kubelet/tls.key', 'utf8');
    outcomes.push({ outcome, isTidy: entries.length === entriesBefore.length, isOld: key === old.key });
    if (outcome === 'delivered') break;
  }
  process.stdout.write(JSON.stringify(outcomes));`;

const deliverOnReadOnlyDisk = `
  import { readFileSync } from 'node:fs';
  import { execFileSync } from 'node:child_process';
  import { deliverSet } from ${deliverModule};
  const [root, setsFile] = process.argv.slice(1);
  const [old, next] = Object.values(JSON.parse(readFileSync(setsFile, 'utf8')));
  const deliver = (files) => deliverSet({ directory: root + '/kubelet', files, owner: 'root', group: 'root', users: { idsOf: () => undefined } });
  await deliver(old);
  execFileSync('mount', ['-o', 'remount,ro', root]);
  const { code, details } = await deliver(next).then(() => ({ code: 'delivered', details: {} }), (error) => error);
  process.stdout.write(JSON.stringify({ code, hasCure: Boolean(details.cure), isOld: readFileSync(root + '/kubelet/tls.key', 'utf8') === old.key }));`;

/** Runs a script with a small file system of its own, in a mount namespace of its own: nothing of it stays. */
async function onSmallDisk(folder: string, script: string): Promise<unknown> {
  const mountAndRun = 'mount -t tmpfs -o size=128k,nr_inodes=64 tmpfs "$0" && exec "$@"';
  const command = [process.execPath, '--input-type=module', '-e', script, `${folder}/disk`, `${folder}/sets.json`];
  const { stdout } = await promisify(execFile)('unshare', [
    '--mount',
    'sh',
    '-c',
    mountAndRun,
    `${folder}/disk`,
    ...command,
  ]);
  return JSON.parse(stdout);
}

async function mayMount(): Promise<boolean> {
  return promisify(execFile)('unshare', ['--mount', 'true']).then(
    () => true,
    () => false,
  );
}

describe('a small disk', { skip: (await mayMount()) ? false : 'only root may mount one' }, () => {
  test('that is full gives NO_SPACE and leaves the old set, until there is room', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(`${folder}/sets.json`, JSON.stringify(sets));
    await promisify(execFile)('mkdir', [`${folder}/disk`]);
    const outcomes = (await onSmallDisk(folder, deliverOnFullDisk)) as readonly {
      outcome: string;
      isTidy: boolean;
      isOld: boolean;
    }[];
    const failed = outcomes.slice(0, -1);
    assert.ok(failed.length > 1, JSON.stringify(outcomes));
    for (const row of failed) assert.deepEqual(row, { outcome: 'NO_SPACE', isTidy: true, isOld: true });
    assert.deepEqual(outcomes.at(-1), { outcome: 'delivered', isTidy: true, isOld: false });
  });

  test('that is read-only gives FAILED_PRECONDITION with a cure and leaves the old set', async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(`${folder}/sets.json`, JSON.stringify(sets));
    await promisify(execFile)('mkdir', [`${folder}/disk`]);
    const outcome = await onSmallDisk(folder, deliverOnReadOnlyDisk);
    assert.deepEqual(outcome, { code: 'FAILED_PRECONDITION', hasCure: true, isOld: true });
  });
});
