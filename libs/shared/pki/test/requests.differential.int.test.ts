/**
 * Thousands of requests by a grammar, read by us, by @peculiar/x509 and by OpenSSL. What we accept all three accept, and see
 * the same names in it: nobody can ask us for one thing and have another one understood.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalIp, keyAlgorithms } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { chanceOf } from '@easycerts/testing/fuzz';
import { createCsr } from '../src/create-csr.ts';
import { type CsrFacts, parseCsr } from '../src/csr-facts.ts';
import { generateKeyPair } from '../src/key-pair.ts';
import { csrByChance } from './csr-by-chance.ts';
import { hasOpenssl, type OpensslRequest, opensslRequests } from './openssl-text.ts';
import { peculiarRequest } from './peculiar.ts';
import { specsByChance } from './specs-by-chance.ts';

const needsOpenssl = { skip: !hasOpenssl && 'needs the openssl command' };

/** The facts, or undefined for a request that is refused in the way that everything wrong is refused. */
function read(der: Uint8Array): CsrFacts | undefined {
  try {
    return parseCsr(der);
  } catch (error) {
    assert.ok(isAppError(error) && error.code === 'INVALID_INPUT', String(error));
    assert.ok(['malformed', 'too-large'].includes(String(error.details.reason)), error.message);
    return undefined;
  }
}

describe('requests by a grammar', () => {
  const chance = chanceOf('requests by a grammar');
  const requests = Array.from({ length: 3_000 }, () => csrByChance(chance)).map((der) => ({ der, facts: read(der) }));
  const accepted = requests.flatMap(({ der, facts }) => (facts === undefined ? [] : [{ der, facts }]));

  it('are accepted and refused, with good signatures and others', () => {
    const good = accepted.filter(({ facts }) => facts.signatureValid);
    assert.ok(good.length > 500 && good.length < accepted.length, `${good.length} of ${accepted.length}`);
    assert.ok(accepted.length < 2_500, `${accepted.length} were accepted`);
  });

  it('say to @peculiar/x509 what they say to us', () => {
    for (const { der, facts } of accepted) {
      const theirs = peculiarRequest(der);
      const where = Buffer.from(der).toString('hex');
      assert.deepEqual(theirs.extensionOids, facts.extensionOids, where);
      if (facts.otherSubjectAttributes.length === 0) {
        assert.deepEqual(theirs.commonNames, facts.subject.commonName === '' ? [] : [facts.subject.commonName], where);
        assert.deepEqual(theirs.organizations, facts.subject.organizations, where);
      }
      const { dns, ip } = facts.alternativeNames;
      const ours = [...dns.map((name) => `dns:${name}`), ...ip.map((address) => `ip:${address}`)].sort();
      const own = theirs.names.filter((name) => /^(dns|ip):/.test(name)).map(canonical);
      assert.deepEqual([...new Set(own)].sort(), ours, where);
    }
  });

  it('say to OpenSSL what they say to us', needsOpenssl, async () => {
    // OpenSSL shows nothing of a request whose signature is wrong.
    const some = accepted.filter(({ facts }) => facts.signatureValid).slice(0, 300);
    const theirs = await opensslRequests(some.map(({ der }) => der));
    assert.equal(theirs.length, some.length);
    for (const [at, { der, facts }] of some.entries()) {
      const [where, seen] = [Buffer.from(der).toString('hex'), theirs[at]];
      // It refuses a BMPString of half a character; to us that is an attribute which nobody may ask for.
      if (seen === undefined) assert.notDeepEqual(facts.otherSubjectAttributes, [], where);
      else assertSame(seen, facts, where);
    }
  });
});

describe('requests of certmgr', needsOpenssl, () => {
  it('are read by OpenSSL and by us as they were meant, for every certificate and kind of key', async () => {
    const chance = chanceOf('requests of certmgr');
    const made = [];
    for (const algorithm of keyAlgorithms) {
      const keyPair = await generateKeyPair(algorithm);
      for (const { subject, alternativeNames } of specsByChance(chance, 'master')) {
        made.push({
          algorithm,
          subject,
          alternativeNames,
          der: await createCsr({ keyPair, subject, alternativeNames }),
        });
      }
    }
    const theirs = await opensslRequests(made.map(({ der }) => der));
    for (const [at, { algorithm, subject, alternativeNames, der }] of made.entries()) {
      const facts = parseCsr(der);
      assert.deepEqual([facts.keyAlgorithm, facts.signatureValid], [algorithm, true]);
      assert.deepEqual([facts.subject, facts.alternativeNames], [subject, alternativeNames]);
      assert.deepEqual([facts.otherAttributes, facts.otherSubjectAttributes, facts.otherNames], [[], [], []]);
      assertSame(theirs[at] ?? assert.fail('OpenSSL does not read it'), facts, subject.commonName);
    }
  });
});

function assertSame(theirs: OpensslRequest, facts: CsrFacts, where: string): void {
  assert.deepEqual([theirs.isSignatureGood, facts.signatureValid], [true, true], where);
  const valuesOf = (type: string) =>
    theirs.subject.flatMap((line) => (line.startsWith(`${type}=`) ? [line.slice(type.length + 1)] : []));
  if (facts.otherSubjectAttributes.length === 0) {
    const { commonName, organizations } = facts.subject;
    assert.deepEqual(valuesOf('2.5.4.3'), commonName === '' ? [] : [commonName], where);
    assert.deepEqual(valuesOf('2.5.4.10'), organizations, where);
    assert.equal(theirs.subject.length, organizations.length + (commonName === '' ? 0 : 1), where);
  }
  const { dns, ip } = facts.alternativeNames;
  const names = (theirs.extensions['X509v3 Subject Alternative Name'] ?? '').split(', ').filter(Boolean);
  const textsOf = (kind: string) => [
    ...new Set(names.flatMap((name) => (name.startsWith(`${kind}:`) ? [name.slice(kind.length + 1)] : []))),
  ];
  assert.deepEqual(textsOf('DNS').sort(), dns, where);
  assert.deepEqual(
    textsOf('IP Address')
      .map((text) => canonicalIp(text))
      .sort(),
    ip,
    where,
  );
}

function canonical(name: string): string {
  return name.startsWith('ip:') ? `ip:${canonicalIp(name.slice(3))}` : name;
}
