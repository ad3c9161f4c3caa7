/** Positions by bytes: an open hash table over a column of equally long values, four bytes a slot instead of an object each. */

/** Values of `width` bytes, one behind the other; position 0 is the first. */
export interface ByteColumn {
  readonly width: number;
  readonly bytes: Uint8Array;
}

/** Slots are twice as many as values at least, so that a search ends after a few. */
export class ByteTable {
  /** Position plus one; 0 is empty. */
  #slots = new Uint32Array(1_024);
  #count = 0;

  /** The position of a value; undefined: it is not there. */
  find(column: ByteColumn, value: Uint8Array): number | undefined {
    const found = this.#slots[this.#slotOf(column, value)] ?? 0;
    return found === 0 ? undefined : found - 1;
  }

  /** Adds the value at a position of the column; false when the same value is there already. */
  add(column: ByteColumn, position: number): boolean {
    if ((this.#count + 1) * 2 > this.#slots.length) this.#grow(column);
    const slot = this.#slotOf(column, valueAt(column, position));
    if (this.#slots[slot] !== 0) return false;
    this.#slots[slot] = position + 1;
    this.#count += 1;
    return true;
  }

  #slotOf(column: ByteColumn, value: Uint8Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(value) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot] ?? 0;
      if (found === 0 || isAt(column, found - 1, value)) return slot;
    }
  }

  #grow(column: ByteColumn): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (const found of old) {
      if (found !== 0) this.#slots[this.#slotOf(column, valueAt(column, found - 1))] = found;
    }
  }
}

function valueAt({ bytes, width }: ByteColumn, position: number): Uint8Array {
  return bytes.subarray(position * width, (position + 1) * width);
}

function isAt({ bytes, width }: ByteColumn, position: number, value: Uint8Array): boolean {
  const start = position * width;
  for (let at = 0; at < width; at++) if (bytes[start + at] !== value[at]) return false;
  return true;
}

/**
 * FNV-1a of the last eight octets: serial numbers are chance and fingerprints are hashes, so that nobody can make many alike.
 */
function hashOf(value: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let at = Math.max(0, value.length - 8); at < value.length; at++) {
    hash = Math.imul(hash ^ (value[at] ?? 0), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
