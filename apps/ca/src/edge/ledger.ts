/**
 * The ledger: nothing leaves the CA that is not in this stream, fsynced and acknowledged.
 *
 *   append ──▶ WAITING ──all that wait, in one message──▶ COMMITTING ──PubAck──▶ in the index, append resolves
 *                                                             │ no answer: callers get UNAVAILABLE, nothing new is taken,
 *                                                             ▼ and the same message is sent again until it is acknowledged
 *                                                          FAILING
 *
 * Whether an unanswered message was stored is not known; sending it again under the same message id makes it certain, so that
 * a caller who repeats its request gets the recorded certificate. What is stored twice is the same: records have serials.
 *
 * A checkpoint of the index saves reading the stream from its beginning at the next start.
 */

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, isAppError, toAppError } from '@easycerts/core';
import type { DurableStream, Logger } from '@easycerts/runtime';
import { digestOf, type LedgerCheckpoint } from '../core/ledger-checkpoint.ts';
import { type IndexEntry, type IndexPage, type IndexQuery, LedgerIndex } from '../core/ledger-index.ts';
import { decodeRecords, encodedLength, encodeRecords, type LedgerRecord } from '../core/ledger-record.ts';
import type { KeyUse } from '../core/policy.ts';
import { CheckpointKeeper, type LastMessage, type LedgerStart } from './checkpoint-keeper.ts';

export const ledgerStream = 'LEDGER';
export const ledgerSubjects = ['easycerts.v1.ledger.>'] as const;
const issuedSubject = 'easycerts.v1.ledger.issued';

/** nats-server takes messages up to 512 KiB; the envelope and an estimate that is off have room. */
const maxBatchBytes = 384 * 1024;
const retryMs = 500;
/** The newest certificates are asked for most; about 2 kB each. */
const maxRecent = 1_000;
/** A gap between wanted messages that is cheaper to read over than to begin a new read. */
const maxGap = 200;

export interface LedgerOptions {
  readonly stream: DurableStream;
  readonly logger: Logger;
  /** Where the checkpoint of the index is; without it, every start reads the whole stream. */
  readonly checkpointPath?: string;
  /** Told how many records each acknowledged message had. */
  readonly onCommitted?: (records: number) => void;
}

interface Waiting {
  readonly record: LedgerRecord;
  readonly resolve: () => void;
  readonly reject: (error: AppError) => void;
}

/**
 * Reads the stream, what follows its checkpoint or all of it, and then takes records. AppError UNAVAILABLE when it can't be
 * read, DAMAGED when it is not whole.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const keeper =
    options.checkpointPath === undefined ? undefined : new CheckpointKeeper(options.checkpointPath, options);
  const ledger = new Ledger(options, keeper, await keeper?.load());
  await ledger.catchUp();
  ledger.offerCheckpoint();
  return ledger;
}

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #keeper: CheckpointKeeper | undefined;
  readonly #index: LedgerIndex;
  readonly #recent = new Map<string, LedgerRecord>();
  readonly #closing = new AbortController();
  #waiting: Waiting[] = [];
  #committing: Promise<void> | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #failure: AppError | undefined;
  /** The last message of which the records are in the index, as those of all before it are. */
  #last: LastMessage;

  constructor(options: LedgerOptions, keeper?: CheckpointKeeper, start?: LedgerStart) {
    this.#options = options;
    this.#keeper = keeper;
    this.#index = start?.index ?? new LedgerIndex();
    this.#last = start?.last ?? { sequence: 0, data: new Uint8Array() };
  }

  get size(): number {
    return this.#index.size;
  }

  /** Whether the last message was acknowledged: while not, nothing new is taken. */
  get isWritable(): boolean {
    return this.#failure === undefined && !this.#closing.signal.aborted;
  }

  /** AppError UNAVAILABLE while nothing is taken. */
  assertWritable(): void {
    if (!this.isWritable) throw unavailable(this.#failure);
  }

  has(serial: string): boolean {
    return this.#index.find(serial) !== undefined;
  }

  useOfKey(spkiFingerprint: string): KeyUse | undefined {
    return this.#index.useOfKey(spkiFingerprint);
  }

  page(query: IndexQuery): IndexPage {
    return this.#index.page(query);
  }

  /** The record of a serial number; undefined when there is none. AppError UNAVAILABLE when the stream can't be read. */
  async find(serial: string): Promise<LedgerRecord | undefined> {
    const entry = this.#index.find(serial);
    if (entry === undefined) return undefined;
    const [record] = await this.recordsOf([entry]);
    return record;
  }

  /** The records of entries, in their order. */
  async recordsOf(entries: readonly IndexEntry[]): Promise<readonly LedgerRecord[]> {
    const found = new Map<string, LedgerRecord>();
    const wanted: number[] = [];
    for (const { serial, sequence } of entries) {
      const recent = this.#recent.get(serial);
      if (recent === undefined) wanted.push(sequence);
      else found.set(serial, recent);
    }
    if (wanted.length > 0) await this.#readInTurn(wanted, (record) => found.set(record.serial, record));
    return entries.map(({ serial, sequence }) => {
      const record = found.get(serial);
      if (record !== undefined) return record;
      throw new AppError('DAMAGED', `read ledger: message ${sequence} has no record ${serial}`, {
        details: { cure: 'restore the store of the bus from a backup of this master' },
      });
    });
  }

  /**
   * Resolves once the record is durable. AppError UNAVAILABLE when that is not certain: then the record may be durable all
   * the same, or become so.
   */
  append(record: LedgerRecord): Promise<void> {
    if (!this.isWritable) return Promise.reject(unavailable(this.#failure));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ record, resolve, reject });
    this.#committing ??= this.#commitAll();
    return promise;
  }

  /** Reads what others have appended since. */
  async catchUp(): Promise<void> {
    for await (const { sequence, data } of this.#options.stream.read(this.#last.sequence + 1)) {
      for (const record of decodeRecords(data, `message ${sequence} of the ledger`)) this.#add(record, sequence);
      this.#last = { sequence, data };
    }
  }

  /** Has a checkpoint written, in the background, once there are enough new records. */
  offerCheckpoint(): void {
    this.#keeper?.offer(this.size, () => this.#checkpoint());
  }

  /** Waits for what is being committed; what is not acknowledged then is given up: its callers know. */
  async close(): Promise<void> {
    if (this.#failure === undefined) await this.#committing;
    this.#closing.abort();
    await this.#committing;
    await this.#keeper?.close(this.size, () => this.#checkpoint());
  }

  #checkpoint(): LedgerCheckpoint {
    const { sequence, data } = this.#last;
    return { covered: { sequence, digest: digestOf(data) }, index: this.#index.snapshot() };
  }

  async #commitAll(): Promise<void> {
    // One turn of the event loop: requests that arrived together share a message.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0 && !this.#closing.signal.aborted) await this.#commit(this.#takeBatch());
    this.#committing = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(unavailable(this.#failure));
  }

  #takeBatch(): readonly Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const { record } of this.#waiting) {
      bytes += encodedLength(record);
      if (count > 0 && bytes > maxBatchBytes) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const { stream, logger, onCommitted } = this.#options;
    const records = batch.map(({ record }) => record);
    const data = encodeRecords(records);
    const messageId = randomUUID();
    for (let attempt = 1; !this.#closing.signal.aborted; attempt++) {
      try {
        const sequence = await stream.append(issuedSubject, data, { messageId });
        if (attempt === 1 && sequence <= this.#last.sequence) throw shortened(sequence, this.#last.sequence);
        await this.#settle(records, { sequence, data });
        if (this.#failure !== undefined) logger.info({ records: records.length }, 'the ledger takes records again');
        this.#failure = undefined;
        onCommitted?.(records.length);
        for (const { resolve } of batch) resolve();
        this.offerCheckpoint();
        return;
      } catch (error) {
        const err = toAppError(error, 'append to the ledger');
        if (this.#failure === undefined) logger.error({ err }, 'the ledger does not take records: nothing is signed');
        this.#failure = err;
        for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(unavailable(err));
        await pause(retryMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
  }

  async #settle(records: readonly LedgerRecord[], message: LastMessage): Promise<void> {
    // Another CA has appended in between: its keys must not be certified here again.
    if (message.sequence > this.#last.sequence + 1) await this.catchUp();
    for (const record of records) this.#add(record, message.sequence);
    if (message.sequence > this.#last.sequence) this.#last = message;
  }

  #add(record: LedgerRecord, sequence: number): void {
    if (!this.#index.add(record, sequence)) return;
    this.#recent.set(record.serial, record);
    const oldest = this.#recent.keys().next();
    if (this.#recent.size > maxRecent && !oldest.done) this.#recent.delete(oldest.value);
  }

  /**
   * One read at a time: nats-server cuts a client for which more than 64 MB wait (max_pending), and two hundred hosts may leave
   * at once.
   */
  #readInTurn(wanted: readonly number[], onRecord: (record: LedgerRecord) => void): Promise<void> {
    const read = this.#reading.then(() => this.#readMessages(wanted, onRecord));
    this.#reading = read.catch(() => undefined);
    return read;
  }

  async #readMessages(wanted: readonly number[], onRecord: (record: LedgerRecord) => void): Promise<void> {
    const sequences = [...new Set(wanted)].sort((one, other) => one - other);
    for (let first = 0; first < sequences.length; ) {
      let last = first;
      while ((sequences[last + 1] ?? Number.POSITIVE_INFINITY) - (sequences[last] ?? 0) <= maxGap) last += 1;
      await this.#readRun(sequences.slice(first, last + 1), onRecord);
      first = last + 1;
    }
  }

  async #readRun(sequences: readonly number[], onRecord: (record: LedgerRecord) => void): Promise<void> {
    const [start, end] = [sequences[0] ?? 1, sequences.at(-1) ?? 0];
    const wanted = new Set(sequences);
    for await (const { sequence, data } of this.#options.stream.read(start, end)) {
      if (wanted.has(sequence)) decodeRecords(data, `message ${sequence} of the ledger`).forEach(onRecord);
    }
  }
}

/** The record of a serial number that the index has. AppError INTERNAL when it is not there. */
export async function recordOf(ledger: Pick<Ledger, 'find'>, serial: string): Promise<LedgerRecord> {
  const record = await ledger.find(serial);
  if (record === undefined) throw new AppError('INTERNAL', `ledger has lost ${serial} while it was running`);
  return record;
}

/** A stream that nothing falls out of has fewer messages than it had: its disk was lost, or another one is there. */
function shortened(sequence: number, lastSequence: number): AppError {
  return new AppError('DAMAGED', `the ledger goes on at message ${sequence}, but had ${lastSequence}`, {
    details: { cure: 'restore the store of the bus from a backup of this master, and restart the CA' },
  });
}

function unavailable(cause: AppError | undefined): AppError {
  const cure = isAppError(cause) ? cause.details.cure : undefined;
  return new AppError('UNAVAILABLE', 'the ledger cannot record: nothing is signed without a record', {
    cause,
    details: { cure: cure ?? 'see whether easycerts-nats runs on the master; the call can be repeated' },
  });
}
