import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AlternativeNames,
  type CertificateSpec,
  parseClusterConfig,
  resolveCertificates,
  type SubjectName,
} from '@easycerts/cluster';
import { type CsrFacts, createCsr, generateKeyPair, parseCsr } from '@easycerts/pki';
import { master, node, paths } from '../../../test/fixture.ts';
import { type AskedSpec, askedSpec, authorityOfLabel } from './asked-spec.ts';

const config = parseClusterConfig(
  [
    'roles: [master, node]',
    'masterAddress: api.kube.example',
    'certificates:',
    '  app-client: {authority: services, subject: {commonName: app}, usages: [client auth], roles: [node], owner: root}',
    '  app-server: {authority: services, subject: {commonName: db}, names: [db, db.example], usages: [server auth], roles: [node], owner: root}',
  ].join('\n'),
  'test',
);
const ofNode = resolveCertificates(config, node, paths);
const ofMaster = resolveCertificates(config, master, paths);
const keyPair = await generateKeyPair('ecdsa-p256');
const plain = parseCsr(
  await createCsr({
    keyPair,
    subject: { commonName: 'x', organizations: [] },
    alternativeNames: { dns: [], ip: [] },
  }),
);

function ask(
  commonName: string,
  given: {
    readonly o?: readonly string[];
    readonly dns?: readonly string[];
    readonly ip?: readonly string[];
  } & Partial<Omit<AskedSpec, 'asked'>> & { readonly csr?: Partial<CsrFacts> } = {},
): AskedSpec {
  const { o: organizations = [], dns = [], ip = [], csr = {}, ...others } = given;
  const subject: SubjectName = { commonName, organizations };
  const alternativeNames: AlternativeNames = { dns: [...dns].sort(), ip: [...ip].sort() };
  return {
    asked: { ...plain, subject, alternativeNames, ...csr },
    authority: 'kubernetes',
    profile: { commonNameAsHost: true },
    isTaken: (name) => ['n1', 'm1', 'kubernetes', 'localhost'].includes(name),
    ...others,
  };
}

function granted(list: readonly CertificateSpec[], wanted: AskedSpec) {
  const found = askedSpec(list, wanted);
  assert.ok(!('reason' in found), JSON.stringify(found));
  const { name, subject, alternativeNames, usages } = found;
  return { name, subject, alternativeNames, usages };
}

/** A spec that does not equal what is asked, which the policy refuses then; or nothing at all. */
function isRefused(list: readonly CertificateSpec[], wanted: AskedSpec): boolean {
  const found = askedSpec(list, wanted);
  if ('reason' in found) return true;
  const { subject, alternativeNames } = wanted.asked;
  return JSON.stringify([found.subject, found.alternativeNames]) !== JSON.stringify([subject, alternativeNames]);
}

const nodeSubject = { commonName: 'system:node:n1', organizations: ['system:nodes'] };

test('what equals a certificate of the list is that certificate, whatever else it could be', () => {
  for (const spec of [...ofNode, ...ofMaster].filter(({ authority }) => authority === 'kubernetes')) {
    if (spec.subject.organizations.includes('system:masters')) continue;
    const list = ofNode.includes(spec) ? ofNode : ofMaster;
    const { commonName, organizations } = spec.subject;
    const { dns, ip } = spec.alternativeNames;
    const found = granted(list, ask(commonName, { o: organizations, dns, ip }));
    assert.deepEqual(found, {
      name: spec.name,
      subject: spec.subject,
      alternativeNames: spec.alternativeNames,
      usages: spec.usages,
    });
  }
});

test('a client with its common name as host gets it, and server auth, which certmgr looks for', () => {
  const { commonName, organizations } = nodeSubject;
  assert.deepEqual(granted(ofNode, ask(commonName, { o: organizations, dns: [commonName] })), {
    name: 'kubelet-client',
    subject: nodeSubject,
    alternativeNames: { dns: [commonName], ip: [] },
    usages: ['server auth', 'client auth'],
  });
  assert.equal(granted(ofNode, ask('flannel-client', { dns: ['flannel-client'] })).name, 'flannel-client');
  assert.equal(granted(ofNode, ask('system:kube-proxy', { dns: ['system:kube-proxy'] })).name, 'kube-proxy-client');
});

test('a server with fewer names, or one of its names as common name, gets just those and never client auth', () => {
  const names = { dns: ['n1'], ip: [] };
  const asHost = granted(ofNode, ask('n1', names));
  const subject = { commonName: 'n1', organizations: [] };
  assert.deepEqual(asHost, { name: 'kubelet', subject, alternativeNames: names, usages: ['server auth'] });
  const asListed = granted(ofNode, ask(nodeSubject.commonName, { o: nodeSubject.organizations, ...names }));
  assert.deepEqual(asListed, {
    name: 'kubelet',
    subject: nodeSubject,
    alternativeNames: names,
    usages: ['server auth'],
  });
  const etcd = granted(ofMaster, ask('m1', { dns: ['m1', 'localhost'], authority: 'etcd' }));
  assert.deepEqual([etcd.name, etcd.usages], ['etcd-server', ['server auth']]);
});

const foreign: readonly (readonly [why: string, wanted: AskedSpec])[] = [
  ['another host', ask('m1', { dns: ['m1'] })],
  ['another node', ask('system:node:n2', { o: ['system:nodes'] })],
  ['a listed name and a foreign one', ask('n1', { dns: ['n1', 'm1'] })],
  ['a foreign address', ask('n1', { dns: ['n1'], ip: ['192.0.2.1'] })],
  ['an address of the host as common name without being asked as its name', ask('192.0.2.99', { ip: ['192.0.2.11'] })],
  ['no name at all for a server', ask('n1')],
  ['more rights by organization', ask('system:kube-proxy', { o: ['system:masters'] })],
  ['one organization more', ask('system:node:n1', { o: ['system:nodes', 'system:masters'] })],
  ['no organization for a client', ask('system:node:n1', { dns: ['system:node:n1'] })],
  ['an organization for a server that is called as its host', ask('n1', { o: ['system:nodes'], dns: ['n1'] })],
  ['the common name and another one for a client', ask('system:kube-proxy', { dns: ['system:kube-proxy', 'n1'] })],
  [
    'the common name and an address for a client',
    ask('system:kube-proxy', { dns: ['system:kube-proxy'], ip: ['192.0.2.11'] }),
  ],
  ['another name than the common one for a client', ask('system:kube-proxy', { dns: ['flannel-client'] })],
  ['a name of upper case', ask('N1', { dns: ['N1'] })],
  ['a wildcard', ask('n1', { dns: ['*', 'n1'] })],
  ['a certificate of another CA', ask('n1', { dns: ['n1'], authority: 'etcd' })],
  [
    'a client named as host where the profile does not let it',
    ask('flannel-client', { dns: ['flannel-client'], profile: { commonNameAsHost: false } }),
  ],
  [
    'a client called as a host that is there',
    ask('flannel-client', { dns: ['flannel-client'], isTaken: (name) => name === 'flannel-client' }),
  ],
  ["a client of the user's own as a host", ask('app', { dns: ['app'], authority: 'services' })],
  [
    'attributes in the subject that the list has not',
    ask('n1', { dns: ['n1'], csr: { otherSubjectAttributes: ['2.5.4.6'] } }),
  ],
];

for (const [why, wanted] of foreign) {
  test(`nobody gets ${why}`, () => {
    assert.ok(isRefused(ofNode, wanted));
  });
}

test('nobody gets all rights with a key, not even a master', () => {
  assert.ok(isRefused(ofMaster, ask('kubernetes-super-admin', { o: ['system:masters'] })));
});

test('no label leads to the CA of our own services, so that no key becomes the identity of a host', () => {
  assert.equal(authorityOfLabel(''), 'kubernetes');
  assert.equal(authorityOfLabel('etcd'), 'etcd');
  for (const label of ['easycerts', 'toString', 'Kubernetes', ' etcd'])
    assert.equal(authorityOfLabel(label), undefined);
  assert.ok(isRefused(ofNode, ask('n1', { o: ['easycerts:nodes'] })));
});

test('what a server of the user may be called is a part of its own names', () => {
  assert.equal(granted(ofNode, ask('db.example', { dns: ['db.example'], authority: 'services' })).name, 'app-server');
  assert.ok(isRefused(ofNode, ask('db.example', { dns: ['db.example', 'app'], authority: 'services' })));
});

test('a profile only takes away', () => {
  const servers = { commonNameAsHost: true, usages: ['signing', 'server auth'] as ('signing' | 'server auth')[] };
  const both = ask('system:kube-proxy', { dns: ['system:kube-proxy'] });
  assert.deepEqual(granted(ofNode, { ...both, profile: servers }).usages, ['server auth']);
  const refused = askedSpec(ofNode, { ...ask('system:kube-proxy'), profile: servers });
  assert.deepEqual('reason' in refused && refused.reason, 'usages');
  const short = askedSpec(ofNode, ask('system:kube-proxy', { profile: { commonNameAsHost: true, expiry: 60 } }));
  assert.equal('validityS' in short && short.validityS, 60);
  const long = askedSpec(ofNode, ask('system:kube-proxy', { profile: { commonNameAsHost: true, expiry: 1e9 } }));
  assert.equal('validityS' in long && long.validityS, config.pki.validity);
});

test('the key may be of any kind that we accept, and a weak one stays as the list wants it', () => {
  const withKey = (keyAlgorithm: CsrFacts['keyAlgorithm']) =>
    askedSpec(ofNode, ask('system:kube-proxy', { csr: { keyAlgorithm } }));
  const rsa = withKey('rsa-2048');
  assert.equal('keyAlgorithm' in rsa && rsa.keyAlgorithm, 'rsa-2048');
  const weak = withKey(undefined);
  assert.equal('keyAlgorithm' in weak && weak.keyAlgorithm, config.pki.keyAlgorithm);
});
