/** What the CA keeps in memory of its ledger: enough to find and to filter; the certificates stay in the stream. */

import { type AuthorityName, authorityNames } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { ByteTable } from './byte-table.ts';
import { type Columns, columnsFor, columnWidths, grown } from './ledger-columns.ts';
import type { LedgerRecord } from './ledger-record.ts';
import { any, NumberedTexts, none } from './numbered-texts.ts';
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

/** All that an index is made of. Entries do not change, so it stays what it was while the index grows. */
export interface IndexSnapshot {
  readonly size: number;
  readonly columns: Columns;
  readonly hosts: readonly string[];
  readonly names: readonly string[];
}

const { serials: serialBytes, keys: keyBytes, hashes: hashBytes } = columnWidths;

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
  readonly #hosts = new NumberedTexts();
  readonly #names = new NumberedTexts();

  get size(): number {
    return this.#size;
  }

  /** Shares the memory of the index: nothing is copied but the list of texts. */
  snapshot(): IndexSnapshot {
    return {
      size: this.#size,
      columns: this.#columns,
      hosts: this.#hosts.all(),
      names: this.#names.all(),
    };
  }

  /** An index that goes on in the memory of the snapshot. AppError DAMAGED when its parts do not fit together. */
  static restored({ size, columns, hosts, names }: IndexSnapshot): LedgerIndex {
    const index = new LedgerIndex();
    for (const host of hosts) index.#hosts.numberFor(host);
    for (const name of names) index.#names.numberFor(name);
    const isWhole =
      index.#hosts.size === hosts.length && index.#names.size === names.length && size <= columns.capacity;
    index.#columns = columns;
    for (let at = 0; isWhole && at < size; at++) {
      if ((columns.authorities[at] ?? 0) >= authorityNames.length) break;
      if ((columns.hosts[at] ?? 0) >= hosts.length || (columns.names[at] ?? 0) >= names.length) break;
      if (!index.#bySerial.add(index.#serialColumn(), at)) break;
      index.#byKey.add(index.#keyColumn(), at);
      index.#size += 1;
    }
    if (isWhole && index.#size === size) return index;
    throw new AppError('DAMAGED', `index of the ledger: entry ${index.#size} of ${size} cannot be`);
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

function bytesOf(hex: string, length: number): Uint8Array {
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length === length && hex.length === 2 * length) return bytes;
  throw new AppError('INTERNAL', `index of the ledger: not ${length} bytes in hexadecimal`);
}

function hexAt(bytes: Uint8Array, at: number, width: number): string {
  return Buffer.from(bytes.buffer, at * width, width).toString('hex');
}
