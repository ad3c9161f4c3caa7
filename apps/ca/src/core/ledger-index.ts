/** What the CA keeps in memory of its ledger: enough to find and to filter; the certificates stay in the stream. */

import type { AuthorityName } from '@easycerts/cluster';
import type { LedgerRecord } from './ledger-record.ts';
import type { KeyUse } from './policy.ts';

/** About 250 bytes each. */
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

/** An index that only grows. A record is added once, however often it comes: serial numbers tell them apart. */
export class LedgerIndex {
  readonly #entries: IndexEntry[] = [];
  readonly #bySerial = new Map<string, IndexEntry>();
  readonly #byKey = new Map<string, IndexEntry>();
  /** Hosts and names repeat by the thousand: one string each. */
  readonly #texts = new Map<string, string>();

  get size(): number {
    return this.#entries.length;
  }

  /** Adds a record; false when it is there already. */
  add(record: LedgerRecord, sequence: number): boolean {
    const { serial, authority, requestHash, notAfterMs, spkiFingerprint } = record;
    if (this.#bySerial.has(serial)) return false;
    const [host, name] = [this.#once(record.host), this.#once(record.name)];
    const entry = { serial, requestHash, authority, host, name, notAfterMs, sequence };
    this.#entries.push(entry);
    this.#bySerial.set(serial, entry);
    // The first use of a key counts: a later one would not have been granted.
    if (!this.#byKey.has(spkiFingerprint)) this.#byKey.set(spkiFingerprint, entry);
    return true;
  }

  find(serial: string): IndexEntry | undefined {
    return this.#bySerial.get(serial);
  }

  useOfKey(spkiFingerprint: string): KeyUse | undefined {
    return this.#byKey.get(spkiFingerprint);
  }

  /** One page, newest first. What is added meanwhile does not shift the following pages. */
  page(query: IndexQuery): IndexPage {
    const entries: IndexEntry[] = [];
    const newest = this.#entries.length - 1;
    for (let position = Math.min(query.from ?? newest, newest); position >= 0; position--) {
      const entry = this.#entries[position];
      if (entry === undefined || !matches(entry, query)) continue;
      if (entries.length === query.limit) return { entries, next: position };
      entries.push(entry);
    }
    return { entries, next: undefined };
  }

  #once(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}

function matches(entry: IndexEntry, { host, name, authority, validAt }: IndexQuery): boolean {
  return (
    (host === undefined || entry.host === host) &&
    (name === undefined || entry.name === name) &&
    (authority === undefined || entry.authority === authority) &&
    (validAt === undefined || entry.notAfterMs > validAt.getTime())
  );
}
