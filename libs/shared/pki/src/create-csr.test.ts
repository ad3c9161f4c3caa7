import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { createCsr } from './create-csr.ts';
import { parseCsr } from './csr-facts.ts';
import { subjectsEqual } from './distinguished-name.ts';
import { generateKeyPair } from './key-pair.ts';

const keyPair = await generateKeyPair('ecdsa-p256');

test('without alternative names no extension is asked for', async () => {
  const subject = { commonName: 'system:kube-scheduler', organizations: [] };
  const facts = parseCsr(await createCsr({ keyPair, subject, alternativeNames: { dns: [], ip: [] } }));
  assert.deepEqual(facts.extensionOids, []);
  assert.deepEqual(facts.subject, subject);
});

test('names are written canonical', async () => {
  const subject = { commonName: 'n1', organizations: ['b', 'a', 'long', 'é'] };
  const alternativeNames = { dns: ['b', 'a', 'a'], ip: ['FD00::0:1', '10.0.0.1'] };
  const facts = parseCsr(await createCsr({ keyPair, subject, alternativeNames }));
  assert.deepEqual(facts.alternativeNames, { dns: ['a', 'b'], ip: ['10.0.0.1', 'fd00::1'] });
  assert.ok(subjectsEqual(facts.subject, subject));
});

test('generated names come back as they were asked for', async () => {
  const random = generator(20_200_101);
  for (let round = 0; round < 150; round++) {
    const subject = { commonName: text(random), organizations: unique(random, () => text(random)) };
    const alternativeNames = { dns: unique(random, () => hostName(random)), ip: unique(random, () => address(random)) };
    const facts = parseCsr(await createCsr({ keyPair, subject, alternativeNames }));
    assert.ok(subjectsEqual(facts.subject, subject), JSON.stringify({ subject, read: facts.subject }));
    assert.deepEqual(facts.alternativeNames, alternativeNames);
    assert.equal(facts.signatureValid, true);
    assert.deepEqual([facts.otherNames, facts.otherSubjectAttributes], [[], []]);
  }
});

const refused = [
  { subject: { commonName: '', organizations: [] } },
  { subject: { commonName: 'a\nb', organizations: [] } },
  { subject: { commonName: 'a', organizations: ['o', 'o'] } },
  { alternativeNames: { dns: ['*'], ip: [] } },
  { alternativeNames: { dns: ['a\0'], ip: [] } },
  { alternativeNames: { dns: [], ip: ['n1'] } },
];

for (const part of refused) {
  test(`never asked for: ${JSON.stringify(part)}`, async () => {
    const request = { keyPair, subject: { commonName: 'a', organizations: [] }, alternativeNames: { dns: [], ip: [] } };
    await assert.rejects(createCsr({ ...request, ...part }), (error) => isAppError(error, 'INVALID_INPUT'));
  });
}

/** A small generator (mulberry32): the same names in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = ReturnType<typeof generator>;

function pick(random: Random, characters: string): string {
  const all = [...characters];
  return all[random(all.length)] ?? '';
}

function text(random: Random): string {
  return Array.from({ length: 1 + random(60) }, () => pick(random, 'abcXYZ019:-._ =+,"\\#;<>*@/éß名😀')).join('');
}

function hostName(random: Random): string {
  const label = () =>
    `${pick(random, 'abc019')}${Array.from({ length: random(20) }, () => pick(random, 'xyz-7')).join('')}q`;
  return Array.from({ length: 1 + random(5) }, label).join('.');
}

function address(random: Random): string {
  if (random(2) === 0) return Array.from({ length: 4 }, () => random(256)).join('.');
  // No group is zero, so that the text is canonical as it stands.
  return Array.from({ length: 8 }, () => (1 + random(65_535)).toString(16)).join(':');
}

function unique(random: Random, make: () => string): readonly string[] {
  return [...new Set(Array.from({ length: random(6) }, make))].sort();
}
