/** Thousands of certification requests, each with a key of its own, for one certificate of the list. */

import { generateKeyPairSync, sign } from 'node:crypto';
import type { CertificateSpec } from '@easycerts/cluster';
import { createCsr, type KeyPair, spkiOf } from '@easycerts/pki';
import { readDer } from '../../libs/shared/pki/src/der.ts';
import { bitString, element } from '../../libs/shared/pki/src/der-encode.ts';

const sequence = 0x30;

/** One is made by the library; the others have another key and its signature in the same places. DER, ECDSA P-256. */
export async function manyCsrs(
  { subject, alternativeNames }: Pick<CertificateSpec, 'subject' | 'alternativeNames'>,
  count: number,
): Promise<readonly Buffer[]> {
  const first = newKey();
  const model = readDer(await createCsr({ keyPair: first, subject, alternativeNames }));
  const [toBeSigned, algorithm] = model.children;
  if (toBeSigned === undefined || algorithm === undefined) throw new Error('a CSR of unknown shape');
  const at = Buffer.from(toBeSigned.raw).indexOf(spkiOf(first.publicKey));
  return Array.from({ length: count }, () => {
    const { privateKey, publicKey } = newKey();
    const body = Buffer.from(toBeSigned.raw);
    body.set(spkiOf(publicKey), at);
    return Buffer.from(element(sequence, body, algorithm.raw, bitString(sign('sha256', body, privateKey))));
  });
}

function newKey(): KeyPair {
  return { algorithm: 'ecdsa-p256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
}
