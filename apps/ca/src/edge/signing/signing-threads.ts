/**
 * The work of {@link Signing} on all processors.
 *
 *   run ──▶ WAITING ──few, nothing under way──▶ done in this thread, at once
 *              │
 *              └──many──▶ a message to the thread that has least to do ──▶ results
 *                                       │ a job failed: it is done in this thread, which tells the reason
 *                                       ▼ a thread failed: so are its jobs, and for a while all others
 *                                     ENDED
 *
 * A CA that signs now and then has no other threads: they start when there is work for them, and end when there was none for
 * a while. They have the keys of the authorities as handles, not as text.
 */

import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { minuteMs } from '@easycerts/core';
import type { Logger } from '@easycerts/runtime';
import type { ReadCsr } from '../../core/policy.ts';
import {
  decodeResults,
  encodeJobs,
  type SigningJob,
  type SigningMessage,
  type SigningResult,
} from '../../core/signing-message.ts';
import { doJob, type Signing, type SigningAuthorities } from './signing.ts';
import { startSigningThread } from './start-signing-thread.ts';

export interface SigningThreadsOptions {
  readonly authorities: SigningAuthorities;
  readonly logger: Logger;
  /** How many threads; 0: all work in this one. */
  readonly threads?: number;
  readonly idleMs?: number;
  readonly start?: (authorities: SigningAuthorities) => Worker;
  /** Milliseconds that only grow. */
  readonly nowMs?: () => number;
}

export interface RunningSigning extends Signing {
  /** How many threads there are now. */
  readonly threads: () => number;
  close(): Promise<void>;
}

/** Fewer than these are done faster than another thread is woken. */
const minTogether = 3;
/** So many go in a message where there are as many: each message wakes a thread. */
const minShare = 4;
/** So much work waits at a thread at most, so that the others have some too. */
const maxAtThread = 16;
const defaultIdleMs = minuteMs;

interface Pending {
  readonly job: SigningJob;
  readonly resolve: (result: ReadCsr | Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  isOnline: boolean;
  /** One entry a message. */
  readonly underWay: Pending[][];
  jobs: number;
}

/** One thread a processor, where there are several. */
export function defaultThreads(): number {
  const processors = availableParallelism();
  return processors > 1 ? Math.min(processors, 8) : 0;
}

export function createSigningThreads(options: SigningThreadsOptions): RunningSigning {
  const { authorities, logger, threads: wanted = defaultThreads(), idleMs = defaultIdleMs } = options;
  const { start = startSigningThread, nowMs = () => performance.now() } = options;
  const waiting: Pending[] = [];
  const threads = new Set<Thread>();
  let isDispatching = false;
  let notBeforeMs = 0;
  let lastNeededMs = 0;
  let idle: NodeJS.Timeout | undefined;

  const run = (job: SigningJob): Promise<ReadCsr | Uint8Array> => {
    const { promise, resolve, reject } = Promise.withResolvers<ReadCsr | Uint8Array>();
    waiting.push({ job, resolve, reject });
    if (!isDispatching) {
      isDispatching = true;
      // One turn of the event loop: what arrived together goes together.
      setImmediate(dispatch);
    }
    return promise;
  };
  const dispatch = (): void => {
    isDispatching = false;
    let underWay = 0;
    for (const { jobs } of threads) underWay += jobs;
    const areFew = waiting.length + underWay < minTogether;
    if (!areFew) {
      lastNeededMs = nowMs();
      if (threads.size === 0) startAll();
    }
    const online = [...threads].filter(({ isOnline }) => isOnline);
    if (areFew || online.length === 0) {
      doHere(waiting.splice(0));
      return;
    }
    while (waiting.length > 0) {
      const thread = online.reduce((one, other) => (other.jobs < one.jobs ? other : one));
      const room = maxAtThread - thread.jobs;
      if (room <= 0) return;
      const share = Math.max(minShare, Math.ceil(waiting.length / online.length));
      send(thread, waiting.splice(0, Math.min(room, share)));
    }
  };
  const doHere = (all: readonly Pending[]): void => {
    for (const { job, resolve, reject } of all) {
      try {
        resolve(doJob(job, authorities));
      } catch (error) {
        reject(error);
      }
    }
  };
  const send = (thread: Thread, batch: Pending[]): void => {
    const message = encodeJobs(batch.map(({ job }) => job));
    thread.underWay.push(batch);
    thread.jobs += batch.length;
    thread.worker.postMessage(message, [message.bytes.buffer]);
  };
  const receive = (thread: Thread, message: SigningMessage): void => {
    const batch = thread.underWay.shift() ?? [];
    thread.jobs -= batch.length;
    settle(
      batch,
      decodeResults(
        message,
        batch.map(({ job }) => job),
      ),
    );
    if (waiting.length > 0) dispatch();
  };
  const settle = (batch: readonly Pending[], results: readonly SigningResult[]): void => {
    for (const [index, pending] of batch.entries()) {
      const result = results[index];
      if (result === undefined) doHere([pending]);
      else pending.resolve(result);
    }
  };
  const startAll = (): void => {
    if (wanted === 0 || nowMs() < notBeforeMs) return;
    idle = setInterval(endWhenIdle, idleMs);
    idle.unref();
    try {
      for (let count = 0; count < wanted; count++) startOne();
    } catch (err) {
      fail(err);
    }
    logger.debug({ threads: threads.size }, 'signing threads start');
  };
  const startOne = (): void => {
    const worker = start(authorities);
    const thread: Thread = { worker, isOnline: false, underWay: [], jobs: 0 };
    threads.add(thread);
    worker.on('online', () => {
      thread.isOnline = true;
    });
    worker.on('message', (message: SigningMessage) => receive(thread, message));
    let error: unknown;
    worker.on('error', (err: unknown) => {
      error = err;
    });
    worker.on('exit', () => {
      // Nobody ends one alone.
      if (threads.delete(thread)) fail(error);
      doHere(thread.underWay.splice(0).flat());
      doHere(waiting.splice(0));
    });
  };
  const fail = (err: unknown): void => {
    logger.error({ err }, 'a signing thread has failed: for a while the main thread does its work');
    notBeforeMs = nowMs() + idleMs;
    void endAll();
  };
  const endWhenIdle = (): void => {
    if (nowMs() - lastNeededMs >= idleMs) void endAll();
  };
  const endAll = async (): Promise<void> => {
    clearInterval(idle);
    const ended = [...threads];
    threads.clear();
    await Promise.all(ended.map(({ worker }) => worker.terminate()));
  };
  return {
    readCsr: (csrDer) => run({ kind: 'read', csrDer }) as Promise<ReadCsr>,
    issue: (job) => run({ kind: 'issue', ...job }) as Promise<Uint8Array>,
    threads: () => threads.size,
    close: endAll,
  };
}
