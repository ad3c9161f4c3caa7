/**
 * What the index of the ledger was once the stream had been read up to a message, as octets:
 *
 *   "easycerts-ledger-index\n"   length of the facts (4, little-endian)   facts (JSON)   columns   SHA-256 of all before (32)
 *
 * The columns are as they are in memory: every machine that easycerts is packaged for is little-endian.
 */

import { createHash } from 'node:crypto';
import { authorityNames } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { octetCount } from './ledger-columns.ts';
import type { IndexSnapshot } from './ledger-index.ts';
import { isCount } from './stored-json.ts';

/** The last message of the stream that a checkpoint covers. */
export interface CoveredMessage {
  readonly sequence: number;
  /**
   * SHA-256 of its data, hexadecimal. Serial numbers are chance: a message with the same data at the same place means that the
   * stream is the same one up to there.
   */
  readonly digest: string;
}

export interface LedgerCheckpoint {
  readonly covered: CoveredMessage;
  readonly index: IndexSnapshot;
}

/** Everything but the columns. */
export interface CheckpointFacts {
  readonly covered: CoveredMessage;
  readonly index: Omit<IndexSnapshot, 'columns'>;
}

const magic = Buffer.from('easycerts-ledger-index\n');
/** Raised when a later version writes what this one cannot read. */
const formatVersion = 1;
export const digestBytes = 32;
/** Octets before the facts. */
export const preludeBytes = magic.length + 4;

/** {@link CoveredMessage.digest} of a message. */
export function digestOf(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The octets before the columns. */
export function encodeFacts({ covered, index: { size, hosts, names } }: CheckpointFacts): Uint8Array {
  // Columns have numbers of authorities: a version that numbers them differently must not read them.
  const facts = { version: formatVersion, covered, size, authorities: authorityNames, hosts, names };
  const text = Buffer.from(JSON.stringify(facts));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([magic, length, text]);
}

/** How long the facts are. AppError DAMAGED when the file, so long, is no checkpoint. */
export function factsLength(prelude: Uint8Array, fileLength: number): number {
  const octets = Buffer.from(prelude);
  if (octets.length !== preludeBytes || !octets.subarray(0, magic.length).equals(magic)) {
    throw damaged('it does not begin like one');
  }
  const length = octets.readUInt32LE(magic.length);
  if (preludeBytes + length + digestBytes > fileLength) throw damaged('it is cut');
  return length;
}

/**
 * The facts of a checkpoint in a file that is so long. AppError DAMAGED when they are not whole, FAILED_PRECONDITION when
 * another version wrote them.
 */
export function decodeFacts(text: Uint8Array, fileLength: number): CheckpointFacts {
  const facts = parseFacts(text);
  if (facts.version !== formatVersion || String(facts.authorities) !== String(authorityNames)) {
    throw new AppError('FAILED_PRECONDITION', `checkpoint of the ledger: another version wrote it`);
  }
  const { covered, size, hosts, names } = facts;
  if (!isCovered(covered) || !isCount(size) || !areTexts(hosts) || !areTexts(names))
    throw damaged('its facts are wrong');
  const length = preludeBytes + text.length + octetCount(size) + digestBytes;
  if (length !== fileLength) throw damaged(`it has ${fileLength} octets instead of ${length}`);
  return { covered: { sequence: covered.sequence, digest: covered.digest }, index: { size, hosts, names } };
}

function parseFacts(text: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const facts: unknown = JSON.parse(Buffer.from(text).toString('utf8'));
    if (typeof facts === 'object' && facts !== null) return { ...facts };
  } catch (error) {
    throw damaged('its facts are not JSON', error);
  }
  throw damaged('its facts are wrong');
}

function isCovered(value: unknown): value is CoveredMessage {
  if (typeof value !== 'object' || value === null || !('sequence' in value) || !('digest' in value)) return false;
  const { sequence, digest } = value;
  return isCount(sequence) && sequence > 0 && typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest);
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function damaged(why: string, cause?: unknown): AppError {
  return new AppError('DAMAGED', `checkpoint of the ledger: ${why}`, { cause });
}
