import assert from 'node:assert/strict';
import { generatePrimeSync } from 'node:crypto';
import { test } from 'node:test';
import { modulusOf, rsaKey } from '../testing/hostile-csr.ts';
import { hasCloseFactors, hasSmallFactor } from './weak-rsa.ts';

const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });

test('an ordinary modulus has no weakness', () => {
  const modulus = modulusOf(rsaKey(2048).privateKey);
  assert.equal(hasSmallFactor(modulus), false);
  assert.equal(hasCloseFactors(modulus), false);
});

test('a small prime factor is found', () => {
  for (const small of [2n, 3n, 5n, 241n, 751n]) assert.ok(hasSmallFactor(small * prime(512)), String(small));
  assert.equal(hasSmallFactor(757n * prime(512)), false);
});

test('primes next to each other are found', () => {
  const p = prime(512);
  const next = (start: bigint): bigint => {
    for (let candidate = start + 2n; ; candidate += 2n) {
      if (!hasSmallFactor(candidate)) return candidate;
    }
  };
  assert.ok(hasCloseFactors(p * next(p)));
  assert.ok(hasCloseFactors(p * p));
  // Distance d needs about d²/8√n rounds: 2^258 is still within the first.
  assert.ok(hasCloseFactors(p * (p + (1n << 257n))));
  assert.equal(hasCloseFactors(p * (p + (1n << 300n))), false);
});

test('small numbers are factored exactly', () => {
  assert.ok(hasCloseFactors(101n * 103n));
  assert.ok(hasCloseFactors(10_403n * 10_403n));
});
