import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BusCertificate } from '@easycerts/runtime';
import { fixedClock } from '@easycerts/testing';
import { master, node, now, registered } from '../../test/fixture.ts';
import type { Automation } from '../core/automation.ts';
import type { RegisteredHost } from '../core/registered-host.ts';
import { decideAtGate } from './bus-gate.ts';

const revokedSerial = 'dead';
const automation: Automation = {
  name: 'backup',
  read: ['*'],
  serial: 'ab',
  fingerprint: 'cd',
  createdAtMs: 0,
  notAfterMs: 0,
};
const certificateOf = (
  kind: 'master' | 'node' | 'automation',
  id: string,
  part: Partial<BusCertificate> = {},
): BusCertificate => ({
  subject: `O=easycerts:${kind}s, CN=${id}`,
  serial: 'ab',
  fingerprint: 'cd',
  notAfter: new Date(now.getTime() + 3_600_000),
  identity: { kind, id },
  ...part,
});

function decide(certificate: BusCertificate, hosts: readonly RegisteredHost[] | undefined): string {
  const find = (host: string) => hosts?.find(({ record }) => record.name === host);
  const has = (serial: string) => serial === revokedSerial;
  const automations = { find: (name: string) => (name === 'backup' ? automation : undefined) };
  const stores = () => (hosts === undefined ? undefined : { register: { find }, revocations: { has }, automations });
  const decision = decideAtGate(certificate, { stores, ownHost: () => 'm1', clock: fixedClock() });
  return decision.kind === 'allow' ? `allow ${decision.access.user}` : 'deny';
}

const all = [registered(master), registered({ ...master, name: 'm2' }), registered(node)];

test('registered hosts get in as what their certificate says', () => {
  assert.equal(decide(certificateOf('node', 'n1'), all), 'allow nodes/n1');
  assert.equal(decide(certificateOf('master', 'm2'), all), 'allow masters/m2');
});

test('an automation gets in with the certificate that it has', () => {
  assert.equal(decide(certificateOf('automation', 'backup'), all), 'allow automation/backup');
});

test('the host of this CA gets in before the register is loaded, nobody else', () => {
  assert.equal(decide(certificateOf('master', 'm1'), undefined), 'allow masters/m1');
  assert.equal(decide(certificateOf('master', 'm2'), undefined), 'deny');
  assert.equal(decide(certificateOf('node', 'n1'), undefined), 'deny');
  assert.equal(decide(certificateOf('node', 'm1'), undefined), 'deny');
  assert.equal(decide(certificateOf('automation', 'm1'), undefined), 'deny');
  assert.equal(decide(certificateOf('automation', 'backup'), undefined), 'deny');
});

const namesake = registered({ ...node, name: 'backup' });
const refused: Readonly<Record<string, [BusCertificate, readonly RegisteredHost[]]>> = {
  'a host that is not in the register': [certificateOf('node', 'n9'), all],
  'a revoked node': [certificateOf('node', 'n1'), [registered(node, true)]],
  'the revoked host of this CA': [certificateOf('master', 'm1'), [registered(master, true)]],
  'a node that shows the certificate of a master': [certificateOf('master', 'n1'), all],
  'a master that shows the certificate of a node': [certificateOf('node', 'm2'), all],
  'a certificate that is no identity': [certificateOf('node', 'n1', { identity: undefined }), all],
  'a revoked certificate of a host that is in the register': [
    certificateOf('node', 'n1', { serial: revokedSerial }),
    all,
  ],
  'a revoked certificate of the host of this CA': [certificateOf('master', 'm1', { serial: revokedSerial }), all],
  'an automation that nobody made': [certificateOf('automation', 'other'), all],
  'an automation called like a node': [certificateOf('automation', 'n1'), all],
  'an automation called like the host of this CA': [certificateOf('automation', 'm1'), all],
  'a node called like an automation': [certificateOf('node', 'backup'), all],
  'an automation with a certificate that it had before': [certificateOf('automation', 'backup', { serial: 'ac' }), all],
  'an automation with the certificate of the node of its name': [
    certificateOf('automation', 'backup', { serial: 'ac' }),
    [...all, namesake],
  ],
  'an automation whose certificate is revoked': [certificateOf('automation', 'backup', { serial: revokedSerial }), all],
  'an expired automation': [certificateOf('automation', 'backup', { notAfter: now }), all],
  'an expired certificate': [certificateOf('node', 'n1', { notAfter: now }), all],
};

for (const [name, [certificate, hosts]] of Object.entries(refused)) {
  test(`refused: ${name}`, () => {
    assert.equal(decide(certificate, hosts), 'deny');
  });
}
