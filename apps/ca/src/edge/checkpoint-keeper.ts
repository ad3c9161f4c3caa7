/** Loads the checkpoint of the ledger when it is of this stream, and has it written anew now and then. */

import { AppError, isAppError, toAppError } from '@easycerts/core';
import type { DurableStream, Logger, StoredMessage } from '@easycerts/runtime';
import { digestOf, type LedgerCheckpoint } from '../core/ledger-checkpoint.ts';
import { LedgerIndex } from '../core/ledger-index.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts';

/** So many records are read from the stream in about a second. */
const leastRecords = 20_000;
/** A checkpoint is written whole: of a large ledger more rarely. */
const leastPart = 1 / 20;

export type LastMessage = Pick<StoredMessage, 'sequence' | 'data'>;

/** What the ledger knows before it has read the rest of the stream. */
export interface LedgerStart {
  readonly index: LedgerIndex;
  /** The last message of which the index has the records, as it has those of all before it. */
  readonly last: LastMessage;
}

export interface CheckpointKeeperOptions {
  readonly stream: DurableStream;
  readonly logger: Logger;
}

export class CheckpointKeeper {
  readonly #path: string;
  readonly #options: CheckpointKeeperOptions;
  /** Records that the file covers. */
  #written = 0;
  #writing: Promise<void> | undefined;

  constructor(path: string, options: CheckpointKeeperOptions) {
    this.#path = path;
    this.#options = options;
  }

  /**
   * Where to go on reading; undefined: from the beginning, since there is no checkpoint that can be used; why is logged.
   * AppError UNAVAILABLE when the stream can't be read.
   */
  async load(): Promise<LedgerStart | undefined> {
    const { logger } = this.#options;
    const path = this.#path;
    try {
      const checkpoint = await readCheckpoint(path);
      if (checkpoint === undefined) {
        logger.info({ path }, 'no checkpoint of the ledger: all of it is read');
        return undefined;
      }
      const start = { last: await this.#coveredBy(checkpoint), index: LedgerIndex.restored(checkpoint.index) };
      this.#written = start.index.size;
      return start;
    } catch (error) {
      if (isAppError(error, 'UNAVAILABLE')) throw error;
      logger.warn(
        { err: toAppError(error, 'load'), path },
        'the checkpoint of the ledger is not used: all of it is read',
      );
      return undefined;
    }
  }

  /** Writes what `take` gives, in the background, when there are enough records that the file does not cover. */
  offer(size: number, take: () => LedgerCheckpoint): void {
    if (this.#writing !== undefined) return;
    if (size - this.#written < Math.max(leastRecords, size * leastPart)) return;
    this.#writing = this.#write(size, take()).finally(() => {
      this.#writing = undefined;
    });
  }

  /** Writes what is not in the file yet. */
  async close(size: number, take: () => LedgerCheckpoint): Promise<void> {
    await this.#writing;
    if (size > this.#written) await this.#write(size, take());
  }

  /** The message itself, which the stream has as it was. AppError DAMAGED when it has another one there, or none. */
  async #coveredBy({ covered }: LedgerCheckpoint): Promise<LastMessage> {
    const { sequence: wanted, digest } = covered;
    for await (const { sequence, data } of this.#options.stream.read(wanted, wanted)) {
      if (sequence === wanted && digestOf(data) === digest) return { sequence, data };
    }
    throw new AppError(
      'DAMAGED',
      `checkpoint of the ledger: message ${wanted} of the stream is missing or another one`,
    );
  }

  /** Never rejects: without a checkpoint nothing is lost but time. It is tried again with the next records. */
  async #write(size: number, checkpoint: LedgerCheckpoint): Promise<void> {
    const path = this.#path;
    this.#written = size;
    await writeCheckpoint(path, checkpoint).catch((err: unknown) => {
      this.#options.logger.warn({ err, path }, 'no checkpoint of the ledger: the next start reads more of the stream');
    });
  }
}
