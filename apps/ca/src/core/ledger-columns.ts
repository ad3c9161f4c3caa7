/** The columns of the index: one typed array a field, so that a million entries are a few long pieces of memory, and of a file. */

/** Octets that an entry takes in each column. A checkpoint has the columns in this order. */
export const columnWidths = Object.freeze({
  /** RFC 5280 §4.1.2.2: a serial number has at most 20 octets. */
  serials: 20,
  keys: 32,
  hashes: 16,
  authorities: 1,
  hosts: 4,
  names: 4,
  notAfterMs: 8,
  sequences: 8,
});

const entryBytes = Object.values(columnWidths).reduce((sum, width) => sum + width, 0);

export interface Columns {
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

/** Empty columns. What is reserved costs memory only once it is written. */
export function columnsFor(capacity: number): Columns {
  return {
    capacity,
    serials: new Uint8Array(capacity * columnWidths.serials),
    keys: new Uint8Array(capacity * columnWidths.keys),
    hashes: new Uint8Array(capacity * columnWidths.hashes),
    authorities: new Uint8Array(capacity),
    hosts: new Uint32Array(capacity),
    names: new Uint32Array(capacity),
    notAfterMs: new Float64Array(capacity),
    sequences: new Float64Array(capacity),
  };
}

/** The same entries with room for half as many again: what is reserved and not used stays small beside the rest. */
export function grown(columns: Columns): Columns {
  const made = columnsFor(Math.ceil(columns.capacity * 1.5));
  const targets = octetsOf(made, columns.capacity);
  for (const [at, octets] of octetsOf(columns, columns.capacity).entries()) targets[at]?.set(octets);
  return made;
}

/** The memory itself of the first `size` entries, a piece a column. */
export function octetsOf(columns: Columns, size: number): readonly Uint8Array[] {
  return Object.entries(columnWidths).map(
    ([name, width]) => new Uint8Array(columns[name as keyof typeof columnWidths].buffer, 0, size * width),
  );
}

/** How many octets {@link octetsOf} has altogether. */
export function octetCount(size: number): number {
  return size * entryBytes;
}
