import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { isAppError } from '@easycerts/core';
import { parseCertificate } from '@easycerts/pki';
import { silentLogger } from '@easycerts/testing';
import { checkedRequest, makeAuthorities, node, now, requestFor } from '../../../test/fixture.ts';
import { readCsr } from '../../core/policy.ts';
import { templateOf } from '../../core/template.ts';
import { createSigningThreads, defaultThreads, type SigningThreadsOptions } from './signing-threads.ts';
import { startSigningThread } from './start-signing-thread.ts';

const authorities = await makeAuthorities();
const csrDer = Uint8Array.from((await requestFor(node, 'kubelet')).csrDer);
const request = await checkedRequest(node, 'kubelet');
const certificate = authorities.kubernetes.certificate;
const jobOf = (serial: string) => ({
  authority: 'kubernetes' as const,
  template: templateOf({ request, authority: certificate, serial, now }),
  now,
});

/** Two threads, ended with the test; `workers` are those that were started, `answers` counts their messages. */
function twoThreads(t: TestContext, more: Partial<SigningThreadsOptions> = {}) {
  const workers: Worker[] = [];
  let answers = 0;
  const signing = createSigningThreads({
    authorities,
    logger: silentLogger(),
    threads: 2,
    start: (given) => {
      const worker = startSigningThread(given);
      workers.push(worker);
      worker.on('message', () => answers++);
      return worker;
    },
    ...more,
  });
  t.after(() => signing.close());
  return { signing, workers, answers: () => answers };
}

async function until(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < endMs, 'in time');
    await pause(5);
  }
}

/** Asks for many at once until the threads have done some of it. */
async function busy({ signing, answers }: ReturnType<typeof twoThreads>): Promise<void> {
  const before = answers();
  const endMs = performance.now() + 20_000;
  while (answers() < before + 2) {
    assert.ok(performance.now() < endMs, 'in time');
    await Promise.all(Array.from({ length: 8 }, () => signing.readCsr(csrDer)));
  }
}

test('one request after the other needs no other thread', async (t) => {
  const { signing, workers } = twoThreads(t);
  assert.deepEqual(await signing.readCsr(csrDer), readCsr(csrDer));
  assert.equal(parseCertificate(await signing.issue(jobOf('7a'))).serial, '7a');
  assert.equal(workers.length, 0);
});

test('many at once get what each has asked for, before the threads are there and afterwards', async (t) => {
  const made = twoThreads(t);
  const { signing, workers } = made;
  const ask = async () => {
    const serials = Array.from({ length: 100 }, (_, index) => `7${index.toString(16)}`);
    const [found, read] = await Promise.all([
      Promise.all(serials.map((serial) => signing.issue(jobOf(serial)))),
      Promise.all(serials.map(() => signing.readCsr(csrDer))),
    ]);
    assert.deepEqual(
      found.map((der) => parseCertificate(der).serial),
      serials,
    );
    for (const one of read) assert.deepEqual(one, readCsr(csrDer));
  };
  await ask();
  await busy(made);
  await ask();
  assert.equal(workers.length, 2);
});

test('a request that cannot be served has its reason, whichever thread has it, and the others are served', async (t) => {
  const made = twoThreads(t);
  const { signing } = made;
  await busy(made);
  const bad = { ...jobOf('7b'), template: { ...jobOf('7b').template, usages: [] } };
  const jobs = [jobOf('71'), bad, jobOf('72'), bad, jobOf('73'), jobOf('74')];
  const settled = await Promise.allSettled(jobs.map((job) => signing.issue(job)));
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  );
  for (const one of settled) {
    if (one.status === 'rejected') assert.ok(isAppError(one.reason, 'INVALID_INPUT'));
  }
  const refused = await Promise.all(Array.from({ length: 6 }, () => signing.readCsr(new Uint8Array([1]))));
  for (const one of refused) assert.ok('reason' in one && one.reason === 'malformed');
});

test('the work of a thread that dies is done all the same, and so is what comes after', async (t) => {
  let nowMs = 1_000_000;
  const made = twoThreads(t, { nowMs: () => nowMs });
  const { signing, workers } = made;
  await busy(made);
  const asked = Array.from({ length: 200 }, (_, index) => signing.issue(jobOf(`7${index.toString(16)}`)));
  await new Promise((resolve) => setImmediate(resolve));
  await workers[0]?.terminate();
  assert.equal(new Set((await Promise.all(asked)).map((der) => parseCertificate(der).serial)).size, 200);
  assert.equal(signing.threads(), 0);
  await Promise.all(Array.from({ length: 8 }, () => signing.readCsr(csrDer)));
  assert.equal(workers.length, 2, 'not at once');
  nowMs += 60_000;
  await busy(made);
  assert.equal(workers.length, 4);
});

test('threads that cannot even start are not started again and again', async (t) => {
  let starts = 0;
  const { signing } = twoThreads(t, {
    start: (given) => {
      starts += 1;
      if (starts === 2) throw new Error('there are no threads');
      const worker = startSigningThread(given);
      void worker.terminate();
      return worker;
    },
  });
  for (let round = 0; round < 10; round++) {
    const read = await Promise.all(Array.from({ length: 8 }, () => signing.readCsr(csrDer)));
    assert.equal(read.length, 8);
    await pause(20);
  }
  assert.equal(starts, 2);
});

test('threads that nobody needs end, and come back', async (t) => {
  const made = twoThreads(t, { idleMs: 1_000 });
  const { signing, workers } = made;
  await busy(made);
  await until(() => signing.threads() === 0);
  await busy(made);
  assert.equal(workers.length, 4);
});

test('a machine with one processor has no other threads, and nothing to look after', async (t) => {
  const intervals = t.mock.method(globalThis, 'setInterval');
  const { signing, workers } = twoThreads(t, { threads: 0 });
  assert.equal((await Promise.all(Array.from({ length: 50 }, () => signing.readCsr(csrDer)))).length, 50);
  assert.equal(workers.length, 0);
  assert.equal(intervals.mock.callCount(), 0);
  assert.ok(defaultThreads() <= 8);
});

test('after it is closed it still answers, without threads', async (t) => {
  const made = twoThreads(t);
  const { signing } = made;
  await busy(made);
  await signing.close();
  assert.equal(signing.threads(), 0);
  assert.deepEqual(await signing.readCsr(csrDer), readCsr(csrDer));
});
