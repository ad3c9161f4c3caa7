import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { dayMs, hourMs } from '@easycerts/core';
import {
  type Authority,
  type CertificateTemplate,
  createAuthority,
  generateKeyPair,
  issueCertificate,
  newSerial,
  spkiOf,
} from '@easycerts/pki';
import { testTime } from '@easycerts/testing';
import { checkPinnedChain, pinError, pinProblems, type ShownChain } from './pinned-chain.ts';

const at = new Date(testTime);
const after = (ms: number): Date => new Date(at.getTime() + ms);

let authority: Authority;
/** Another key under the same name. */
let stranger: Authority;
let valid: ShownChain;

async function leafOf(signer: Authority, more: Partial<CertificateTemplate> = {}): Promise<Uint8Array> {
  const { publicKey } = await generateKeyPair('ecdsa-p256');
  const template: CertificateTemplate = {
    serial: newSerial(randomBytes),
    subject: { commonName: 'm1', organizations: [] },
    alternativeNames: { dns: ['m1.example'], ip: ['192.0.2.1', '2001:db8::1'] },
    usages: ['server auth', 'client auth'],
    notBefore: after(-hourMs),
    notAfter: after(dayMs),
    spkiDer: spkiOf(publicKey),
    ...more,
  };
  return issueCertificate({ authority: signer, template });
}

const makeAuthority = (notBefore: Date, notAfter: Date): Promise<Authority> =>
  createAuthority({
    commonName: 'easycerts-ca',
    keyAlgorithm: 'ecdsa-p256',
    notBefore,
    notAfter,
    serial: newSerial(randomBytes),
  });

const reasonFor = (change: Partial<ShownChain>): string => {
  const checked = checkPinnedChain({ ...valid, ...change });
  return checked.kind === 'trusted' ? 'trusted' : checked.finding.reason;
};

before(async () => {
  authority = await makeAuthority(after(-dayMs), after(365 * dayMs));
  stranger = await makeAuthority(after(-dayMs), after(365 * dayMs));
  valid = {
    chain: [await leafOf(authority), authority.certificate.der],
    pin: authority.certificate.spkiFingerprint,
    host: 'm1.example',
    at,
  };
});

describe('a chain is trusted', () => {
  it('when the pinned CA is in it and has issued the server certificate', () => {
    const checked = checkPinnedChain(valid);
    assert.equal(checked.kind, 'trusted');
    assert.equal(checked.authority.fingerprint, authority.certificate.fingerprint);
  });

  it('when others stand between and behind', () => {
    const [leaf, ca] = valid.chain as readonly [Uint8Array, Uint8Array];
    const foreign = stranger.certificate.der;
    assert.equal(reasonFor({ chain: [leaf, foreign, ca, foreign] }), 'trusted');
  });

  for (const host of ['192.0.2.1', '2001:db8::1', '2001:DB8:0:0::1', 'M1.Example']) {
    it(`for ${host}, which the certificate names`, () => assert.equal(reasonFor({ host }), 'trusted'));
  }
});

describe('a chain is refused', () => {
  const rows: readonly (readonly [string, string, () => Promise<Partial<ShownChain>>])[] = [
    ['without any certificate', 'pin', async () => ({ chain: [] })],
    ['without the CA', 'pin', async () => ({ chain: valid.chain.slice(0, 1) })],
    ['for another pin', 'pin', async () => ({ pin: stranger.certificate.spkiFingerprint })],
    ['for the pin of its server certificate', 'pin', async () => pinOfLeaf()],
    [
      'of another CA with the same name',
      'pin',
      async () => ({ chain: [await leafOf(stranger), stranger.certificate.der] }),
    ],
    [
      'of another CA, with the right one appended',
      'pin',
      async () => ({ chain: [await leafOf(stranger), stranger.certificate.der, authority.certificate.der] }),
    ],
    [
      'with the pinned key in a certificate of somebody else',
      'pin',
      async () => ({ chain: [valid.chain[0] as Uint8Array, await crossSigned()] }),
    ],
    [
      'that begins with the CA',
      'names',
      async () => ({ chain: [authority.certificate.der, authority.certificate.der] }),
    ],
    ['of more certificates than anybody needs', 'pin', async () => longChain()],
    ['whose first certificate is none', 'pin', async () => ({ chain: [randomBytes(300), authority.certificate.der] })],
    [
      'whose CA is cut',
      'pin',
      async () => ({ chain: [valid.chain[0] as Uint8Array, authority.certificate.der.slice(0, -1)] }),
    ],
    ['for another name', 'names', async () => ({ host: 'm2.example' })],
    ['for a name below its name', 'names', async () => ({ host: 'x.m1.example' })],
    ['for another address', 'names', async () => ({ host: '192.0.2.2' })],
    ['that is valid for a client only', 'pin', async () => chainOf({ usages: ['client auth'] })],
    ['that has expired', 'validity', async () => chainOf({ notBefore: after(-2 * hourMs), notAfter: after(-hourMs) })],
    ['that has not begun', 'validity', async () => chainOf({ notBefore: after(hourMs) })],
    ['whose CA has expired', 'validity', async () => expiredAuthority()],
  ];
  for (const [name, reason, change] of rows) {
    it(name, async () => assert.equal(reasonFor(await change()), reason));
  }

  const chainOf = async (more: Partial<CertificateTemplate>) => ({
    chain: [await leafOf(authority, more), authority.certificate.der],
  });
  const pinOfLeaf = async () => {
    const { publicKey } = await generateKeyPair('ecdsa-p256');
    const leaf = await leafOf(authority, { spkiDer: spkiOf(publicKey) });
    const { createHash } = await import('node:crypto');
    return { chain: [leaf, leaf], pin: createHash('sha256').update(spkiOf(publicKey)).digest('hex') };
  };
  /** Whoever knows the token's pin from a server's chain can have any CA of theirs sign that public key. */
  const crossSigned = () => leafOf(stranger, { spkiDer: authority.certificate.spkiDer });
  const longChain = async () => {
    const [leaf, ca] = valid.chain as readonly [Uint8Array, Uint8Array];
    return { chain: [leaf, ...new Array<Uint8Array>(50).fill(leaf), ca] };
  };
  const expiredAuthority = async () => {
    const old = await makeAuthority(after(-2 * dayMs), after(-hourMs));
    const leaf = await leafOf(old, { notBefore: after(-dayMs), notAfter: after(-hourMs) });
    return { chain: [leaf, old.certificate.der], pin: old.certificate.spkiFingerprint };
  };
});

describe('what a refusal says', () => {
  for (const reason of pinProblems) {
    it(`names the server, the reason ${reason} and what to do`, () => {
      const { code, message, details } = pinError('m1.example:7445', { reason, detail: 'because' });
      assert.equal(code, reason === 'validity' ? 'FAILED_PRECONDITION' : 'UNAUTHENTICATED');
      assert.match(message, /m1\.example:7445.*because/);
      assert.equal(details.reason, reason);
      assert.ok((details.cure ?? '').length > 20);
    });
  }
});
