import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import type { TemporaryDirectory, TestLeaf, TestPki } from '@easycerts/testing';
import { createTestPki, fixedClock, temporaryDirectory } from '@easycerts/testing';
import { decideByCertificate } from './bus-decision.ts';
import type { BusCertificate } from './bus-identity.ts';
import { busCertificateOf, readBusIdentity } from './bus-identity.ts';
import { hostileCertificates } from './testing/hostile-certificates.ts';

let folder: TemporaryDirectory;
let pki: TestPki;
let number = 0;

before(async () => {
  folder = await temporaryDirectory();
  pki = await createTestPki();
});
after(() => folder.remove());

async function certificateOf(leaf: TestLeaf): Promise<BusCertificate> {
  number += 1;
  const directory = await pki.writeSet(join(folder.path, `${number}`), leaf);
  return busCertificateOf(await readFile(join(directory, 'tls.crt'), 'utf8'));
}

const masters = ['easycerts:masters'];
const nodes = ['easycerts:nodes'];

test('host identities are masters and nodes', async () => {
  const master = await certificateOf({ commonName: 'm1', organizations: masters });
  const node = await certificateOf({ commonName: 'n1', organizations: nodes });
  assert.deepEqual(master.identity, { kind: 'master', id: 'm1' });
  assert.deepEqual(node.identity, { kind: 'node', id: 'n1' });
  assert.equal(node.subject, 'O=easycerts:nodes, CN=n1');
});

const strangers: Readonly<Record<string, TestLeaf>> = {
  'no organization': { commonName: 'm1' },
  'the organization of Kubernetes': { commonName: 'm1', organizations: ['system:masters'] },
  'two organizations': { commonName: 'm1', organizations: [...masters, ...nodes] },
  'an organization with something behind it': { commonName: 'm1', organizations: ['easycerts:masters '] },
  'a name with a plus sign': { commonName: 'n1 + CN=m1', organizations: nodes },
  'upper case': { commonName: 'M1', organizations: masters },
  'a name of two tokens': { commonName: 'n1.n2', organizations: nodes },
  'a wildcard': { commonName: '*', organizations: nodes },
  everything: { commonName: '>', organizations: nodes },
  'a name longer than a DNS label': { commonName: 'n'.repeat(64), organizations: nodes },
};
for (const [name, leaf] of Object.entries(strangers)) {
  test(`is no host identity: ${name}`, async () => assertStranger(await certificateOf(leaf)));
}
for (const [name, der] of Object.entries(hostileCertificates)) {
  test(`is no host identity, whoever signed it: ${name}`, () => {
    assertStranger(busCertificateOf(`-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`));
  });
}

function assertStranger(certificate: BusCertificate): void {
  assert.equal(certificate.identity, undefined, certificate.subject);
  assert.equal(decideByCertificate(certificate, fixedClock()).kind, 'deny');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it must have none
  assert.doesNotMatch(certificate.subject, /[\u0000-\u001f]/);
}

test('the identity of a set is read; what is missing or another kind is named', async () => {
  const host = await pki.writeHostIdentity(join(folder.path, 'host'), 'm1', 'master');
  assert.deepEqual(await readBusIdentity(host), { kind: 'master', id: 'm1' });
  await assert.rejects(readBusIdentity(join(folder.path, 'absent')), (error) => isAppError(error, 'NOT_FOUND'));
  const other = await pki.writeSet(join(folder.path, 'other'), { commonName: 'easycerts-bus' });
  await assert.rejects(
    readBusIdentity(other),
    (error) => isAppError(error, 'FAILED_PRECONDITION') && error.details.cure !== undefined,
  );
});

test('what is no certificate is refused', () => {
  for (const pem of ['', 'x', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']) {
    assert.throws(
      () => busCertificateOf(pem),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  }
});

const certificate: BusCertificate = {
  subject: 'O=easycerts:nodes, CN=n1',
  serial: 'a1',
  fingerprint: 'f'.repeat(64),
  notAfter: new Date('2020-01-02T12:00:00Z'),
  identity: { kind: 'node', id: 'n1' },
};

test('an access ends after twelve hours, or with the certificate when that is sooner', () => {
  const long = decideByCertificate(certificate, fixedClock());
  assert.ok(long.kind === 'allow');
  assert.equal(long.until.toISOString(), '2020-01-02T00:00:00.000Z');
  const short = decideByCertificate({ ...certificate, notAfter: new Date('2020-01-01T12:00:01Z') }, fixedClock());
  assert.ok(short.kind === 'allow');
  assert.equal(short.until.toISOString(), '2020-01-01T12:00:01.000Z');
  assert.equal(short.access.user, 'nodes/n1');
});

test('a certificate that has expired gets nothing, even when nats-server let it through', () => {
  for (const notAfter of [new Date('2020-01-01T12:00:00Z'), new Date('2019-12-31T12:00:00Z')]) {
    assert.equal(decideByCertificate({ ...certificate, notAfter }, fixedClock()).kind, 'deny');
  }
});

const automations = ['easycerts:automation'];

test('an automation is neither a node nor a master, whatever its name', async () => {
  const automation = await certificateOf({ commonName: 'n1', organizations: automations });
  assert.deepEqual(automation.identity, { kind: 'automation', id: 'n1' });
  const decision = decideByCertificate(automation, { now: () => new Date() });
  assert.ok(decision.kind === 'allow');
  assert.equal(decision.access.user, 'automation/n1');
});

const notAutomations: Readonly<Record<string, TestLeaf>> = {
  'an automation that is a master, too': { commonName: 'a1', organizations: [...automations, ...masters] },
  'a node that is an automation, too': { commonName: 'a1', organizations: [...nodes, ...automations] },
  'an organization that only begins alike': { commonName: 'a1', organizations: ['easycerts:automations'] },
  'the name of a consumer': { commonName: 'auto_a1', organizations: automations },
  'an automation of two tokens': { commonName: 'a1.x', organizations: automations },
  'a wildcard of an automation': { commonName: '>', organizations: automations },
};
for (const [name, leaf] of Object.entries(notAutomations)) {
  test(`is no automation either: ${name}`, async () => assertStranger(await certificateOf(leaf)));
}

test('no service of a host runs with the identity of an automation', async () => {
  const subject = { commonName: 'a1', organizations: automations };
  const directory = await pki.writeSet(join(folder.path, 'automation'), subject);
  await assert.rejects(readBusIdentity(directory), (error) => isAppError(error, 'FAILED_PRECONDITION'));
});
