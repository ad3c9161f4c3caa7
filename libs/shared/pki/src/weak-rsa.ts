/** Signs of RSA moduli that anybody can factor (as Boulder's goodkey looks for them, CA/B baseline requirements §6.1.1.3). */

/** Whether a prime below 752 divides the modulus. */
export function hasSmallFactor(modulus: bigint): boolean {
  return smallPrimes.some((prime) => modulus % prime === 0n);
}

/** Whether Fermat's method factors the modulus within 100 rounds: its primes were chosen next to each other. */
export function hasCloseFactors(modulus: bigint): boolean {
  let a = squareRootCeiling(modulus);
  for (let round = 0; round < 100; round++, a++) {
    const square = a * a - modulus;
    if (isSquare(square)) return true;
  }
  return false;
}

const smallPrimes: readonly bigint[] = Array.from({ length: 751 }, (_, index) => index + 2)
  .filter((candidate, _, all) => !all.some((divisor) => divisor < candidate && candidate % divisor === 0))
  .map(BigInt);

function isSquare(value: bigint): boolean {
  // Squares end in these four bits only: spares the root for three of four.
  if (![0n, 1n, 4n, 9n].includes(value & 15n)) return false;
  const root = squareRootCeiling(value);
  return root * root === value;
}

/** Newton's method on integers. */
function squareRootCeiling(value: bigint): bigint {
  if (value === 0n) return 0n;
  let root = 1n << BigInt((value.toString(16).length * 4 + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  return root * root === value ? root : root + 1n;
}
