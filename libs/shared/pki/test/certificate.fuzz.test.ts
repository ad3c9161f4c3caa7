/** parseCertificate: whatever it accepts, with a key that we accept, OpenSSL accepts, with the same names, serial number and times. */

import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { chanceOf, fuzz } from '@easycerts/testing/fuzz';
import { createAuthority, issueCertificate } from '../src/authority.ts';
import { parseCertificate } from '../src/certificate-facts.ts';
import { generateKeyPair } from '../src/key-pair.ts';
import { publicKeyOfSpki, spkiOf } from '../src/public-key.ts';
import { newSerial } from '../src/serial.ts';
import { assertNamesAgree } from './names-agree.ts';
import { specsByChance } from './specs-by-chance.ts';

const validity = { notBefore: new Date('2026-01-01T12:00:00Z'), notAfter: new Date('2051-01-01T12:00:00Z') };
const request = { commonName: 'easycerts', keyAlgorithm: 'ecdsa-p256' } as const;
const authority = await createAuthority({ ...request, ...validity, serial: newSerial(randomBytes) });
const spkiDer = spkiOf((await generateKeyPair('ecdsa-p256')).publicKey);
const leaves = specsByChance(chanceOf('seeds of certificate'), 'master').map(({ subject, alternativeNames, usages }) =>
  issueCertificate({
    authority,
    template: { serial: newSerial(randomBytes), subject, alternativeNames, usages, ...validity, spkiDer },
  }),
);

fuzz({
  name: 'certificate',
  format: 'der',
  seeds: [authority.certificate.der, ...(await Promise.all(leaves))],
  refusals: ['INVALID_INPUT'],
  read(input) {
    const facts = parseCertificate(input);
    // Nobody uses a certificate with another key; OpenSSL looks closely at what we only report.
    if (facts.keyAlgorithm === undefined) return false;
    const theirs = new X509Certificate(input);
    assert.equal(theirs.serialNumber.toLowerCase().replace(/^0+(?=.)/, ''), facts.serial);
    assert.equal(theirs.fingerprint256.replaceAll(':', '').toLowerCase(), facts.fingerprint);
    assert.equal(theirs.validFromDate.getTime(), facts.notBefore.getTime());
    assert.equal(theirs.validToDate.getTime(), facts.notAfter.getTime());
    assert.equal(theirs.ca, facts.isCa && facts.extensions.some(({ oid }) => oid === '2.5.29.19'));
    // A point that is not on its curve is found when the key is used: that refuses it.
    const key = publicKeyOfSpki(facts.spkiDer, 'key');
    assert.equal(theirs.publicKey.equals(key), true);
    assertNamesAgree(theirs, facts);
    return facts;
  },
});
