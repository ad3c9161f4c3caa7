/** parseCsr: whatever it accepts, OpenSSL and @peculiar/x509 understand as it does. */

import { X509Certificate } from 'node:crypto';
import { chanceOf, fuzz } from '@easycerts/testing/fuzz';
import { type CsrFacts, parseCsr } from '../src/csr-facts.ts';
import { readDer } from '../src/der.ts';
import { certificateLike } from './certificate-like.ts';
import { csrByChance } from './csr-by-chance.ts';
import { assertNamesAgree } from './names-agree.ts';

const chance = chanceOf('seeds of csr');
const seeds = Array.from({ length: 400 }, () => csrByChance(chance))
  .filter(isRead)
  .slice(0, 60);

fuzz({
  name: 'csr',
  format: 'der',
  seeds,
  refusals: ['INVALID_INPUT'],
  read(input) {
    const facts = parseCsr(input);
    assertOpensslAgrees(input, facts);
    return facts;
  },
});

function isRead(der: Uint8Array): boolean {
  try {
    parseCsr(der);
    return true;
  } catch {
    return false;
  }
}

/** OpenSSL of this process reads no requests: it is shown a certificate with the same subject, names and key. */
function assertOpensslAgrees(csr: Uint8Array, facts: CsrFacts): void {
  // Nothing is signed that has one of these, and OpenSSL refuses some.
  if (facts.otherSubjectAttributes.length > 0 || facts.otherNames.length > 0 || facts.keyAlgorithm === undefined)
    return;
  assertNamesAgree(new X509Certificate(certificateLike(readDer(csr))), facts);
}
