/** What the CA keeps in memory of its ledger: enough to find and to filter; the certificates stay in the stream. */

import { type AuthorityName, authorityNames } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { ByteTable } from './byte-table.ts';
import type { LedgerRecord } from './ledger-record.ts';
import type { KeyUse } from './policy.ts';

export interface IndexEntry extends KeyUse {
  readonly authority: AuthorityName;
  readonly host: string;
  readonly name: string;
  readonly notAfterMs: number;
  /** Where the record is: the message of the stream. */
  readonly sequence: number;
}

export interface IndexQuery {
  readonly host?: string;
  readonly name?: string;
  readonly authority?: string;
  /** Leave out what has ended by then. */
  readonly validAt?: Date;
  readonly limit: number;
  /** From {@link IndexPage.next}: go on there. */
  readonly from?: number;
}

export interface IndexPage {
  /** Newest first. */
  readonly entries: readonly IndexEntry[];
  /** Undefined after the last page. */
  readonly next: number | undefined;
}

/** RFC 5280 §4.1.2.2: a serial number has at most 20 octets. */
const serialBytes = 20;
const keyBytes = 32;
const hashBytes = 16;

/** What a query may be after instead of a number: what is not there, as `indexOf` says it, and everything. */
const none = -1;
const any = -2;

/**
 * An index that only grows. A record is added once, however often it comes: serial numbers tell them apart. It is kept in
 * columns, about 110 bytes a record, for a million objects with their texts take three times as much.
 */
export class LedgerIndex {
  #size = 0;
  #columns = columnsFor(1_024);
  readonly #bySerial = new ByteTable();
  readonly #byKey = new ByteTable();
  /** Hosts and names repeat by the thousand: a number each. */
  readonly #hosts = new Texts();
  readonly #names = new Texts();

  get size(): number {
    return this.#size;
  }

  /** Adds a record; false when it is there already. */
  add(record: LedgerRecord, sequence: number): boolean {
    const serial = bytesOf(record.serial.padStart(2 * serialBytes, '0'), serialBytes);
    if (this.#bySerial.find(this.#serialColumn(), serial) !== undefined) return false;
    const at = this.#size;
    if (at === this.#columns.capacity) this.#columns = grown(this.#columns);
    const columns = this.#columns;
    columns.serials.set(serial, at * serialBytes);
    columns.keys.set(bytesOf(record.spkiFingerprint, keyBytes), at * keyBytes);
    columns.hashes.set(bytesOf(record.requestHash, hashBytes), at * hashBytes);
    columns.authorities[at] = authorityNames.indexOf(record.authority);
    columns.hosts[at] = this.#hosts.numberFor(record.host);
    columns.names[at] = this.#names.numberFor(record.name);
    columns.notAfterMs[at] = record.notAfterMs;
    columns.sequences[at] = sequence;
    this.#size += 1;
    this.#bySerial.add(this.#serialColumn(), at);
    // The first use of a key counts: a later one would not have been granted.
    this.#byKey.add(this.#keyColumn(), at);
    return true;
  }

  find(serial: string): IndexEntry | undefined {
    // Comes from callers: what is no serial number as we write them is nobody's.
    if (!/^[1-9a-f][0-9a-f]{0,39}$/.test(serial)) return undefined;
    const value = bytesOf(serial.padStart(2 * serialBytes, '0'), serialBytes);
    const at = this.#bySerial.find(this.#serialColumn(), value);
    return at === undefined ? undefined : this.#entryAt(at);
  }

  useOfKey(spkiFingerprint: string): KeyUse | undefined {
    const at = this.#byKey.find(this.#keyColumn(), bytesOf(spkiFingerprint, keyBytes));
    return at === undefined ? undefined : this.#entryAt(at);
  }

  /** One page, newest first. What is added meanwhile does not shift the following pages. Looks at a million in some 10 ms. */
  page({ host, name, authority, validAt, limit, from }: IndexQuery): IndexPage {
    const { hosts, names, authorities, notAfterMs } = this.#columns;
    const [wantedHost, wantedName] = [this.#hosts.wanted(host), this.#names.wanted(name)];
    const wantedAuthority = authority === undefined ? any : (authorityNames as readonly string[]).indexOf(authority);
    const afterMs = validAt?.getTime() ?? Number.NEGATIVE_INFINITY;
    const entries: IndexEntry[] = [];
    const newest = this.#size - 1;
    const isUnknown = wantedHost === none || wantedName === none || wantedAuthority === none;
    for (let at = isUnknown ? none : Math.min(from ?? newest, newest); at >= 0; at--) {
      if (wantedHost !== any && hosts[at] !== wantedHost) continue;
      if (wantedName !== any && names[at] !== wantedName) continue;
      if (wantedAuthority !== any && authorities[at] !== wantedAuthority) continue;
      if (!((notAfterMs[at] ?? 0) > afterMs)) continue;
      if (entries.length === limit) return { entries, next: at };
      entries.push(this.#entryAt(at));
    }
    return { entries, next: undefined };
  }

  #entryAt(at: number): IndexEntry {
    const { serials, hashes, authorities, hosts, names, notAfterMs, sequences } = this.#columns;
    return {
      serial: hexAt(serials, at, serialBytes).replace(/^0+/, ''),
      requestHash: hexAt(hashes, at, hashBytes),
      authority: authorityNames[authorities[at] ?? 0] ?? authorityNames[0],
      host: this.#hosts.textOf(hosts[at] ?? 0),
      name: this.#names.textOf(names[at] ?? 0),
      notAfterMs: notAfterMs[at] ?? 0,
      sequence: sequences[at] ?? 0,
    };
  }

  #serialColumn() {
    return { width: serialBytes, bytes: this.#columns.serials };
  }

  #keyColumn() {
    return { width: keyBytes, bytes: this.#columns.keys };
  }
}

interface Columns {
  readonly capacity: number;
  readonly serials: Uint8Array;
  readonly keys: Uint8Array;
  readonly hashes: Uint8Array;
  readonly authorities: Uint8Array;
  readonly hosts: Uint32Array;
  readonly names: Uint32Array;
  readonly notAfterMs: Float64Array;
  readonly sequences: Float64Array;
}

function columnsFor(capacity: number): Columns {
  return {
    capacity,
    serials: new Uint8Array(capacity * serialBytes),
    keys: new Uint8Array(capacity * keyBytes),
    hashes: new Uint8Array(capacity * hashBytes),
    authorities: new Uint8Array(capacity),
    hosts: new Uint32Array(capacity),
    names: new Uint32Array(capacity),
    notAfterMs: new Float64Array(capacity),
    sequences: new Float64Array(capacity),
  };
}

/** Half as much again: what is reserved and not used stays small beside the rest. */
function grown(columns: Columns): Columns {
  const made = columnsFor(Math.ceil(columns.capacity * 1.5));
  made.serials.set(columns.serials);
  made.keys.set(columns.keys);
  made.hashes.set(columns.hashes);
  made.authorities.set(columns.authorities);
  made.hosts.set(columns.hosts);
  made.names.set(columns.names);
  made.notAfterMs.set(columns.notAfterMs);
  made.sequences.set(columns.sequences);
  return made;
}

/** Texts by number, each once. */
class Texts {
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberFor(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  /** The number that a query is after. */
  wanted(text: string | undefined): number {
    return text === undefined ? any : (this.#numbers.get(text) ?? none);
  }

  textOf(number: number): string {
    return this.#texts[number] ?? '';
  }
}

function bytesOf(hex: string, length: number): Uint8Array {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length === length && hex.length === 2 * length) return bytes;
  throw new AppError('INTERNAL', `index of the ledger: not ${length} bytes in hexadecimal`);
}

function hexAt(bytes: Uint8Array, at: number, width: number): string {
  return Buffer.from(bytes.buffer, at * width, width).toString('hex');
}
