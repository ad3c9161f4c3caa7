/** decodePem and what is read from PEM: bundles and private keys. */

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { isAppError } from '@easycerts/core';
import { fuzz } from '@easycerts/testing/fuzz';
import { parseBundle } from '../src/certificate-facts.ts';
import { readDer } from '../src/der.ts';
import { parsePrivateKeyPem } from '../src/key-pair.ts';
import { decodePem, encodePem } from '../src/pem.ts';
import { writeHostileCsr } from '../testing/index.ts';
import { certificateLike } from './certificate-like.ts';

const csr = writeHostileCsr();
const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
const certificate = encodePem('CERTIFICATE', certificateLike(readDer(csr)));

fuzz({
  name: 'pem',
  format: 'pem',
  seeds: [
    certificate,
    `# of the master\n${certificate}\n${certificate.replaceAll('\n', '\r\n')}`,
    encodePem('CERTIFICATE REQUEST', csr),
    ecKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ecKey.export({ type: 'sec1', format: 'pem' }).toString(),
    rsaKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    ecKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString(),
  ],
  words: [
    '-----BEGIN CERTIFICATE-----',
    '-----END CERTIFICATE-----\n',
    '-----',
    '\n',
    '\r\n',
    '=',
    'Proc-Type: 4,ENCRYPTED\n',
  ],
  refusals: ['INVALID_INPUT'],
  // OpenSSL reads private keys, and some of its readers take a millisecond for a large number.
  limits: { timeMs: 60, timeMsPerKiB: 40 },
  read(input) {
    const text = Buffer.from(input).toString('latin1');
    refusable(() => parseBundle(text));
    refusable(() => parsePrivateKeyPem(text));
    const blocks = decodePem(text);
    const again = blocks.map(({ label, der }) => encodePem(label, der)).join('');
    assert.deepEqual(decodePem(again), blocks);
    return blocks;
  },
});

/** It reads something else than what is asserted below: only its errors count. */
function refusable(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!isAppError(error) || !['INVALID_INPUT', 'DAMAGED'].includes(error.code)) throw error;
  }
}
