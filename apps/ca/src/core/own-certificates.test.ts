/** The policy and the certificates of the user's own: granted to whom cluster.yaml names, exactly as it says, or not at all. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { type CertificateSpec, type HostRecord, parseClusterConfig, resolveCertificates } from '@easycerts/cluster';
import { createCsr, generateKeyPair } from '@easycerts/pki';
import { master, node, now, paths, registered } from '../../test/fixture.ts';
import { authorise } from './policy.ts';

const config = parseClusterConfig(
  `roles: [master, node]
masterAddress: localhost
certificates:
  nginx: {names: [www.example.org, '{hostname}'], hosts: [n1]}
  ci: {authority: kubernetes, usages: [client auth], hosts: [n1], subject: {commonName: ci, organizations: [builders]}}
`,
  'cluster.yaml',
);
const other: HostRecord = { name: 'n2', roles: ['node'], addresses: ['192.0.2.12'] };
const listOf = (host: HostRecord) => resolveCertificates(config, host, paths);
const specOf = (name: string) => listOf(node).find((spec) => spec.name === name) ?? assert.fail(name);

async function decide(host: HostRecord, asked: CertificateSpec) {
  const keyPair = await generateKeyPair(asked.keyAlgorithm);
  const { alternativeNames, subject, name } = asked;
  const csrDer = await createCsr({ keyPair, subject, alternativeNames });
  const decision = authorise(
    {
      request: { name, csrDer, requestId: randomUUID(), requestedAtMs: now.getTime(), reason: 'missing' },
      caller: { host: host.name, role: host.roles.includes('master') ? 'master' : 'node' },
      host: registered(host),
      isCertificateRevoked: false,
      isWithinRate: true,
      now,
    },
    { certificatesOf: (one) => listOf(one.record), useOfKey: () => undefined },
  );
  return decision.kind === 'deny' ? decision.finding.reason : decision.kind;
}

describe('a certificate of the user’s own', () => {
  it('is granted to the host that is named, as it is written', async () => {
    assert.equal(await decide(node, specOf('nginx')), 'allow');
    assert.equal(await decide(node, specOf('ci')), 'allow');
  });

  it('is not in the list of any other host, masters among them', async () => {
    for (const host of [other, master]) {
      assert.equal(await decide(host, specOf('nginx')), 'not-in-list');
      assert.equal(await decide(host, specOf('ci')), 'not-in-list');
    }
  });

  it('is not in the list once it is taken out of cluster.yaml', async () => {
    const gone = { ...specOf('nginx'), name: 'nginx-old' };
    assert.equal(await decide(node, gone), 'not-in-list');
  });

  it('is not granted with anything else in it', async () => {
    const nginx = specOf('nginx');
    const ci = specOf('ci');
    const named = (...dns: string[]) => ({ ...nginx, alternativeNames: { dns, ip: [] } });
    assert.equal(await decide(node, named('n1', 'www.example.org', 'kubernetes')), 'names');
    assert.equal(await decide(node, named('www.example.org')), 'names');
    assert.equal(await decide(node, named('n2', 'www.example.org')), 'names');
    const masters = { ...ci, subject: { commonName: 'ci', organizations: ['system:masters'] } };
    assert.equal(await decide(node, masters), 'subject');
    assert.equal(await decide(node, { ...ci, alternativeNames: { dns: ['n1'], ip: [] } }), 'names');
    assert.equal(await decide(node, { ...ci, keyAlgorithm: 'rsa-2048' }), 'weak-key');
  });
});
