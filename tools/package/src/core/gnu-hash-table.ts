/** The table by which the loader finds a program's symbols by name (DT_GNU_HASH, https://flapenguin.me/elf-dt-gnu-hash). Pure. */

/** Words of 64 bits of the filter: for some dozens of names it says no to all but one in a hundred others. */
const filterWords = 16;
const filterShift = 26;

/** For so few names one chain is enough. `first`: the index of the first name's symbol; the others follow it. */
export function gnuHashTable(names: readonly string[], first: number): Buffer {
  const hashes = names.map(gnuHash);
  const header = Buffer.alloc(16);
  for (const [index, value] of [1, first, filterWords, filterShift].entries()) header.writeUInt32LE(value, index * 4);
  const filter = new BigUint64Array(filterWords);
  for (const hash of hashes) {
    const word = Math.floor(hash / 64) % filterWords;
    filter[word] = (filter[word] ?? 0n) | (1n << BigInt(hash % 64)) | (1n << BigInt((hash >>> filterShift) % 64));
  }
  const chain = Buffer.alloc(4 + names.length * 4);
  chain.writeUInt32LE(names.length === 0 ? 0 : first, 0);
  for (const [index, hash] of hashes.entries()) {
    // the lowest bit marks the end
    const end = index === hashes.length - 1 ? 1 : 0;
    chain.writeUInt32LE(((hash & ~1) | end) >>> 0, 4 + index * 4);
  }
  return Buffer.concat([header, Buffer.from(filter.buffer), chain]);
}

/** Of a name; 32 bits. */
export function gnuHash(name: string): number {
  let hash = 5381;
  for (let index = 0; index < name.length; index++) hash = (Math.imul(hash, 33) + name.charCodeAt(index)) >>> 0;
  return hash;
}
