/** Random bytes in stock: a serial number's sixteen cost OpenSSL as much as four thousand. */

const poolBytes = 4_096;

/** Gives out what `random` gave, each byte once and to one caller; nothing of it stays here. */
export function createRandomPool(random: (size: number) => Uint8Array): (size: number) => Uint8Array {
  let pool: Uint8Array = new Uint8Array();
  let at = 0;
  return (size) => {
    if (size > poolBytes) return random(size);
    if (at + size > pool.length) {
      pool = random(poolBytes);
      at = 0;
    }
    // Not slice: a Buffer's is a view.
    const taken = Uint8Array.from(pool.subarray(at, at + size));
    pool.fill(0, at, at + size);
    at += size;
    return taken;
  };
}
