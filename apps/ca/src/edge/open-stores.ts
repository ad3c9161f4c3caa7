/** Loads the stores as soon as the bus answers, trying for ever. */

import { setTimeout as pause } from 'node:timers/promises';
import { isAppError, toAppError } from '@easycerts/core';
import type { Bus, Logger } from '@easycerts/runtime';
import { automationsBucket, openAutomationStore } from './automations/automation-store.ts';
import type { Stores } from './call-environment.ts';
import { cfsslKeysBucket, openCfsslKeyStore } from './cfssl/key-store.ts';
import { checkpointFile } from './checkpoint-file.ts';
import { hostsBucket, openHostRegister } from './host-register.ts';
import { type Ledger, ledgerStream, ledgerSubjects, openLedger } from './ledger.ts';
import { openRevocations, revocationsBucket } from './revocations.ts';
import { openTokenStore, tokensBucket } from './token-store.ts';

export interface OpenStoresOptions {
  readonly bus: Bus;
  readonly logger: Logger;
  readonly random: () => number;
  readonly caDirectory: string;
  readonly onCommitted: (records: number) => void;
  /** Told when who may be on the bus may have changed. */
  readonly onMembers: () => void;
  /** What has to be done with the stores before they count as loaded; when it fails, everything is tried again. */
  readonly prepare: (stores: Stores) => Promise<void>;
}

const firstDelayMs = 100;
const longestDelayMs = 5_000;
/** Told again this rarely while it goes on. */
const warnEvery = 12;
const connectWaitMs = 10_000;

/** How long to wait before the next attempt: doubling, bounded, ± 50 %. */
export function retryDelayMs(attempt: number, random: number): number {
  return Math.round(Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt, 20)) * (0.5 + random));
}

/** The stores; undefined when the signal ended the waiting. */
export async function openStores(options: OpenStoresOptions, signal: AbortSignal): Promise<Stores | undefined> {
  const { bus, logger, random } = options;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      await unlessAborted(bus.whenConnected(connectWaitMs), signal);
      return await attemptToOpen(options);
    } catch (error) {
      if (signal.aborted) break;
      const err = toAppError(error, 'load the ledger');
      const isWaiting = isAppError(err, 'UNAVAILABLE');
      const level = !isWaiting ? 'error' : attempt % warnEvery === 0 ? 'warn' : 'debug';
      logger[level]({ err }, isWaiting ? 'wait for the bus' : 'the ledger cannot be loaded: nothing is signed');
      await pause(retryDelayMs(attempt, random()), undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function attemptToOpen(options: OpenStoresOptions): Promise<Stores> {
  const { bus, logger, caDirectory, onCommitted, onMembers, prepare } = options;
  const openLedgerOf = async (): Promise<Ledger> => {
    const stream = await bus.stream(ledgerStream, ledgerSubjects);
    return openLedger({ stream, logger, checkpointPath: checkpointFile(caDirectory), onCommitted });
  };
  const [revocations, register, tokens, automations, cfsslKeys, ledger] = await allOrNone([
    bus.bucket(revocationsBucket).then((bucket) => openRevocations(bucket, logger, onMembers)),
    bus.bucket(hostsBucket).then((bucket) => openHostRegister(bucket, logger, onMembers)),
    bus.bucket(tokensBucket).then((bucket) => openTokenStore(bucket, logger)),
    bus.bucket(automationsBucket).then((bucket) => openAutomationStore(bucket, logger, onMembers)),
    bus.bucket(cfsslKeysBucket).then((bucket) => openCfsslKeyStore(bucket, logger)),
    openLedgerOf(),
  ]);
  const stores = { register, ledger, revocations, tokens, automations, cfsslKeys };
  try {
    await prepare(stores);
    return stores;
  } catch (error) {
    await closeStores(stores);
    throw error;
  }
}

interface Closable {
  close(): Promise<void>;
}

/** All that open at the same time; when one does not, the others are closed again. Throws what the first of them threw. */
async function allOrNone<T extends readonly Closable[]>(
  opening: readonly [...{ [Index in keyof T]: Promise<T[Index]> }],
): Promise<T> {
  try {
    return (await Promise.all(opening)) as unknown as T;
  } catch (error) {
    for (const one of await Promise.allSettled(opening)) {
      if (one.status === 'fulfilled') await (one.value as Closable).close();
    }
    throw error;
  }
}

/** Ends the following of what {@link openStores} has opened. */
export async function closeStores({ ledger, ...others }: Stores): Promise<void> {
  await ledger.close();
  await Promise.all(Object.values(others).map((store) => store.close()));
}
