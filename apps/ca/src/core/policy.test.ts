import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { resolveCertificates } from '@easycerts/cluster';
import { type DenyReason, denyReasons } from '@easycerts/core';
import { createCsr, generateKeyPair } from '@easycerts/pki';
import {
  type CsrParts,
  caExtension,
  dirName,
  dnsName,
  ecKey,
  emailName,
  extension,
  extensionRequest,
  ipName,
  nameDer,
  nul,
  oidDer,
  otherName,
  printable,
  rsaKey,
  sanExtension,
  seq,
  set,
  uriName,
  utf8,
  writeHostileCsr,
} from '@easycerts/pki/testing';
import {
  attemptOf,
  config,
  facts,
  master,
  node,
  now,
  paths,
  registered,
  requestFor,
  specOf,
} from '../../test/fixture.ts';
import {
  type Attempt,
  type Authorised,
  authorise,
  isAdmitted,
  type PolicyFacts,
  readCsr,
  requestHashOf,
} from './policy.ts';

/** `kubelet` of n1: a subject with organization, a DNS name and an address. */
const good = await attemptOf(node, 'kubelet');
const cn = '2.5.4.3';
const o = '2.5.4.10';
const ofKubelet = nameDer([o, printable('system:nodes')], [cn, printable('system:node:n1')]);
const namesOfKubelet = [dnsName('n1'), ipName(192, 0, 2, 11)];

/** The good CSR with other parts, still well signed. */
function withCsr(parts: CsrParts): Attempt {
  const csrDer = writeHostileCsr({ subject: ofKubelet, extensions: [sanExtension(...namesOfKubelet)], ...parts });
  return { ...good, request: { ...good.request, csrDer } };
}

function withRequest(part: Partial<Attempt['request']>): Attempt {
  return { ...good, request: { ...good.request, ...part } };
}

function reasonOf(decision: Authorised): string {
  return decision.kind === 'deny' ? decision.finding.reason : decision.kind;
}

test('the good request is allowed, and the hostile writer can write it too', () => {
  assert.equal(reasonOf(authorise(good, facts)), 'allow');
  assert.equal(reasonOf(authorise(withCsr({}), facts)), 'allow');
});

test('every certificate of the list is granted to its host as certmgr asks for it', async () => {
  for (const record of [master, node]) {
    for (const { name } of resolveCertificates(config, record, paths)) {
      assert.equal(reasonOf(authorise(await attemptOf(record, name), facts)), 'allow', `${record.name}/${name}`);
    }
  }
});

test('what is granted comes from the list, not from the CSR', () => {
  const decision = authorise(good, facts);
  assert.ok(decision.kind === 'allow');
  assert.deepEqual(decision.request.spec, specOf(node, 'kubelet'));
  assert.equal(decision.request.host, 'n1');
  assert.equal(decision.request.reason, 'missing');
});

const isKeyUsed: PolicyFacts = { ...facts, useOfKey: () => ({ serial: 'ab', requestHash: 'another' }) };
const bits = (octet: number, unused: number) => Uint8Array.of(0x03, 2, unused, octet);

const rows: readonly [string, DenyReason, () => Attempt, PolicyFacts?][] = [
  ['no host identity', 'unauthenticated', () => ({ ...good, caller: undefined })],
  [
    'a master by certificate, a node in the register',
    'unauthenticated',
    () => ({ ...good, caller: { host: 'n1', role: 'master' } }),
  ],
  ['a revoked certificate', 'certificate-revoked', () => ({ ...good, isCertificateRevoked: true })],
  [
    'a revoked certificate of a host that is not in the register any more',
    'certificate-revoked',
    () => ({ ...good, isCertificateRevoked: true, host: undefined }),
  ],
  ['a host that the register does not have', 'unknown-host', () => ({ ...good, host: undefined })],
  ['a revoked host', 'host-revoked', () => ({ ...good, host: registered(node, true) })],
  ['too many requests', 'rate-limited', () => ({ ...good, isWithinRate: false })],
  ['a CSR of 16 KiB and a byte', 'too-large', () => withRequest({ csrDer: new Uint8Array(16_385) })],
  ['no request id', 'malformed', () => withRequest({ requestId: '' })],
  ['a request id that is no UUID', 'malformed', () => withRequest({ requestId: `${randomUUID()}\n` })],
  ['a reason outside the list', 'malformed', () => withRequest({ reason: 'because' })],
  ['an empty CSR', 'malformed', () => withRequest({ csrDer: new Uint8Array() })],
  ['half a CSR', 'malformed', () => withRequest({ csrDer: good.request.csrDer.subarray(0, 100) })],
  [
    'a CSR with bytes after its end',
    'malformed',
    () => withRequest({ csrDer: Buffer.concat([good.request.csrDer, Buffer.from([0])]) }),
  ],
  ['a NUL in a name', 'malformed', () => withCsr({ extensions: [sanExtension(dnsName('n1\0.example'))] })],
  [
    'an extension twice',
    'malformed',
    () => withCsr({ extensions: [sanExtension(...namesOfKubelet), sanExtension(dnsName('x'))] }),
  ],
  ['a certificate that nobody has', 'not-in-list', () => withRequest({ name: 'nothing' })],
  ["a master's certificate", 'not-in-list', () => withRequest({ name: 'super-admin' })],
  ["the CA server's certificate", 'not-in-list', () => withRequest({ name: 'ca-server' })],
  ['no name', 'not-in-list', () => withRequest({ name: '' })],
  ['the name of a property of every object', 'not-in-list', () => withRequest({ name: '__proto__' })],
  ['RSA of 1024 bits', 'weak-key', () => withCsr({ key: rsaKey(1024) })],
  ['a curve that is not accepted', 'weak-key', () => withCsr({ key: ecKey('secp224r1') })],
  ['a strong key of another algorithm than the list says', 'weak-key', () => withCsr({ key: ecKey('P-384') })],
  ['RSA where the list says ECDSA', 'weak-key', () => withCsr({ key: rsaKey(2048) })],
  [
    "another key's signature",
    'bad-signature',
    () => withCsr({ spki: ecKey().publicKey.export({ type: 'spki', format: 'der' }) }),
  ],
  ['SHA-1', 'bad-signature', () => withCsr({ hash: 'sha1' })],
  ['CA:TRUE', 'ca-requested', () => withCsr({ extensions: [sanExtension(...namesOfKubelet), caExtension()] })],
  [
    'the key usage of a CA',
    'ca-requested',
    () => withCsr({ extensions: [sanExtension(...namesOfKubelet), extension('2.5.29.15', bits(0x04, 2))] }),
  ],
  ['an empty subject', 'subject', () => withCsr({ subject: seq() })],
  [
    'another node',
    'subject',
    () => withCsr({ subject: nameDer([o, printable('system:nodes')], [cn, printable('system:node:n2')]) }),
  ],
  [
    'system:masters instead',
    'subject',
    () => withCsr({ subject: nameDer([o, printable('system:masters')], [cn, printable('system:node:n1')]) }),
  ],
  [
    'system:masters besides',
    'subject',
    () =>
      withCsr({
        subject: nameDer(
          [o, printable('system:masters')],
          [o, printable('system:nodes')],
          [cn, printable('system:node:n1')],
        ),
      }),
  ],
  ['without its organization', 'subject', () => withCsr({ subject: nameDer([cn, printable('system:node:n1')]) })],
  [
    'the organization twice',
    'subject',
    () =>
      withCsr({
        subject: nameDer(
          [o, printable('system:nodes')],
          [o, printable('system:nodes')],
          [cn, printable('system:node:n1')],
        ),
      }),
  ],
  [
    'a second common name',
    'subject',
    () =>
      withCsr({
        subject: nameDer([o, printable('system:nodes')], [cn, printable('system:node:n1')], [cn, printable('admin')]),
      }),
  ],
  [
    'an organizational unit besides',
    'subject',
    () =>
      withCsr({
        subject: nameDer([o, printable('system:nodes')], ['2.5.4.11', utf8('x')], [cn, printable('system:node:n1')]),
      }),
  ],
  [
    'capital letters',
    'subject',
    () => withCsr({ subject: nameDer([o, printable('system:nodes')], [cn, printable('system:node:N1')]) }),
  ],
  [
    'a look-alike letter',
    'subject',
    () => withCsr({ subject: nameDer([o, printable('system:nodes')], [cn, utf8('system:nоde:n1')]) }),
  ],
  ['a DNS name more', 'names', () => withCsr({ extensions: [sanExtension(...namesOfKubelet, dnsName('kubernetes'))] })],
  ['an address more', 'names', () => withCsr({ extensions: [sanExtension(...namesOfKubelet, ipName(10, 0, 0, 1))] })],
  ['a DNS name less', 'names', () => withCsr({ extensions: [sanExtension(ipName(192, 0, 2, 11))] })],
  ['no names', 'names', () => withCsr({ attributes: [] })],
  ['a wildcard', 'names', () => withCsr({ extensions: [sanExtension(...namesOfKubelet, dnsName('*'))] })],
  [
    'the address as a DNS name',
    'names',
    () => withCsr({ extensions: [sanExtension(dnsName('n1'), dnsName('192.0.2.11'))] }),
  ],
  [
    'the address as IPv4 in IPv6',
    'names',
    () =>
      withCsr({ extensions: [sanExtension(dnsName('n1'), ipName(...new Array(10).fill(0), 255, 255, 192, 0, 2, 11))] }),
  ],
  ['an email besides', 'names', () => withCsr({ extensions: [sanExtension(...namesOfKubelet, emailName('a@b'))] })],
  [
    'a URI besides',
    'names',
    () => withCsr({ extensions: [sanExtension(...namesOfKubelet, uriName('spiffe://cluster/admin'))] }),
  ],
  ['an otherName besides', 'names', () => withCsr({ extensions: [sanExtension(...namesOfKubelet, otherName())] })],
  ['a directory name besides', 'names', () => withCsr({ extensions: [sanExtension(...namesOfKubelet, dirName())] })],
  [
    'an extension of its own',
    'extension',
    () => withCsr({ extensions: [sanExtension(...namesOfKubelet), extension('1.3.6.1.4.1.99999.1', nul)] }),
  ],
  [
    'name constraints',
    'extension',
    () => withCsr({ extensions: [sanExtension(...namesOfKubelet), extension('2.5.29.30', seq())] }),
  ],
  [
    'an attribute besides',
    'extension',
    () =>
      withCsr({
        attributes: [
          extensionRequest(sanExtension(...namesOfKubelet)),
          seq(oidDer('1.2.840.113549.1.9.7'), set(utf8('x'))),
        ],
      }),
  ],
  [
    'client auth where the list says server auth',
    'usages',
    () =>
      withCsr({
        extensions: [sanExtension(...namesOfKubelet), extension('2.5.29.37', seq(oidDer('1.3.6.1.5.5.7.3.2')))],
      }),
  ],
  [
    'any usage',
    'usages',
    () =>
      withCsr({ extensions: [sanExtension(...namesOfKubelet), extension('2.5.29.37', seq(oidDer('2.5.29.37.0')))] }),
  ],
  [
    'code signing',
    'usages',
    () =>
      withCsr({
        extensions: [sanExtension(...namesOfKubelet), extension('2.5.29.37', seq(oidDer('1.3.6.1.5.5.7.3.3')))],
      }),
  ],
  [
    'key agreement',
    'usages',
    () => withCsr({ extensions: [sanExtension(...namesOfKubelet), extension('2.5.29.15', bits(0x08, 3))] }),
  ],
  ['five minutes and a millisecond old', 'stale', () => withRequest({ requestedAtMs: now.getTime() - 300_001 })],
  ['five minutes and a millisecond ahead', 'stale', () => withRequest({ requestedAtMs: now.getTime() + 300_001 })],
  ['no time', 'stale', () => withRequest({ requestedAtMs: 0 })],
  ['a time that is none', 'stale', () => withRequest({ requestedAtMs: Number.NaN })],
  ['a key that was certified before', 'replayed', () => good, isKeyUsed],
];

for (const [name, reason, attempt, known = facts] of rows) {
  test(`${reason}: ${name}`, () => {
    assert.equal(reasonOf(authorise(attempt(), known)), reason);
  });

  test(`${reason}, the CSR read beforehand: ${name}`, () => {
    const made = attempt();
    const csr = isAdmitted(made) ? readCsr(made.request.csrDer) : undefined;
    assert.deepEqual(authorise({ ...made, csr }, known), authorise(made, known));
  });
}

test('what was read of another CSR counts for nothing', async () => {
  const other = readCsr((await attemptOf(node, 'kubelet')).request.csrDer);
  const decision = authorise({ ...good, csr: other }, facts);
  assert.ok(decision.kind === 'allow' && 'spkiFingerprint' in other);
  assert.notEqual(decision.request.spkiFingerprint, other.spkiFingerprint);
  const forged = withCsr({ hash: 'sha1' });
  assert.equal(reasonOf(authorise({ ...forged, csr: other }, facts)), 'bad-signature');
});

test('nobody has a CSR looked at who may not call', () => {
  assert.equal(isAdmitted(good), true);
  for (const change of [
    { isWithinRate: false },
    { host: undefined },
    { caller: undefined },
    { isCertificateRevoked: true },
  ])
    assert.equal(isAdmitted({ ...good, ...change }), false);
});

test('every reason to refuse signing has its row', () => {
  const ofEnrolment = denyReasons.filter((reason) => reason.startsWith('token-'));
  const elsewhere: readonly DenyReason[] = ['not-permitted', 'certificate-revoked', 'name-taken', ...ofEnrolment];
  const covered = new Set([...rows.map(([, reason]) => reason), ...elsewhere]);
  assert.deepEqual(covered, new Set(denyReasons));
});

test('usages of the list may be named, and CA:FALSE', () => {
  const serverAuth = extension('2.5.29.37', seq(oidDer('1.3.6.1.5.5.7.3.1')));
  const extensions = [
    sanExtension(...namesOfKubelet),
    serverAuth,
    extension('2.5.29.19', seq()),
    extension('2.5.29.15', bits(0x80, 7)),
  ];
  assert.equal(reasonOf(authorise(withCsr({ extensions }), facts)), 'allow');
});

test('exactly five minutes are fresh, both ways', () => {
  for (const differenceMs of [-300_000, 300_000]) {
    const requestedAtMs = now.getTime() + differenceMs;
    assert.equal(reasonOf(authorise(withRequest({ requestedAtMs }), facts)), 'allow');
  }
});

test('the order is behaviour: who calls is decided before anything of the request', () => {
  const worst: Attempt = {
    ...withRequest({ csrDer: new Uint8Array(100_000), name: 'nothing', requestedAtMs: 0, requestId: '', reason: '' }),
    caller: undefined,
    host: undefined,
    isWithinRate: false,
  };
  const caller = { host: 'n1', role: 'node' } as const;
  const steps: readonly [Attempt, string][] = [
    [worst, 'unauthenticated'],
    [{ ...worst, caller }, 'unknown-host'],
    [{ ...worst, caller, host: registered(node, true) }, 'host-revoked'],
    [{ ...worst, caller: { host: 'n1', role: 'master' }, host: registered(node) }, 'unauthenticated'],
    [{ ...worst, caller, host: registered(node) }, 'rate-limited'],
    [{ ...worst, caller, host: registered(node), isWithinRate: true }, 'too-large'],
  ];
  for (const [attempt, reason] of steps) assert.equal(reasonOf(authorise(attempt, facts)), reason);
});

test('a request that is wrong in every way is told about its key first, about its age last', () => {
  const everything = withCsr({
    key: rsaKey(1024),
    subject: seq(),
    extensions: [caExtension(), extension('1.3.6.1.4.1.99999.1', nul)],
  });
  assert.equal(
    reasonOf(authorise({ ...everything, request: { ...everything.request, requestedAtMs: 0 } }, isKeyUsed)),
    'weak-key',
  );
  assert.equal(reasonOf(authorise(withRequest({ requestedAtMs: 0 }), isKeyUsed)), 'stale');
});

test('the same request again is a repetition, not a second certificate', () => {
  const requestHash = requestHashOf('n1', good.request);
  const known: PolicyFacts = { ...facts, useOfKey: () => ({ serial: 'ab12', requestHash }) };
  assert.deepEqual(authorise(good, known), { kind: 'repeat', serial: 'ab12' });
  assert.equal(reasonOf(authorise(withRequest({ requestId: randomUUID() }), known)), 'replayed');
});

test('a repetition must still pass every other check', () => {
  const known: PolicyFacts = {
    ...facts,
    useOfKey: () => ({ serial: 'ab12', requestHash: requestHashOf('n1', good.request) }),
  };
  assert.equal(reasonOf(authorise({ ...good, host: registered(node, true) }, known)), 'host-revoked');
  const moved = registered({ ...node, addresses: ['192.0.2.99'] });
  assert.equal(reasonOf(authorise({ ...good, host: moved }, known)), 'names');
});

test('the hash of a request depends on host, name, id and CSR, and their borders', () => {
  const { request } = good;
  const hashes = [
    requestHashOf('n1', request),
    requestHashOf('n2', request),
    requestHashOf('n1', { ...request, name: 'kubelet-client' }),
    requestHashOf('n1', { ...request, requestId: randomUUID() }),
    requestHashOf('n1', { ...request, csrDer: request.csrDer.subarray(1) }),
    requestHashOf('n1k', { ...request, name: 'ubelet' }),
    requestHashOf('n', { ...request, name: '1kubelet' }),
  ];
  assert.equal(new Set(hashes).size, hashes.length);
  const later = { ...request, requestedAtMs: 1, reason: 'forced' };
  assert.equal(requestHashOf('n1', later), hashes[0]);
});

test('the decision is the same at the same instant', () => {
  assert.deepEqual(authorise(good, facts), authorise(good, facts));
});

test('a detail never holds the CSR, and is bounded', async () => {
  const long = Array.from({ length: 60 }, (_, index) => dnsName(`${'x'.repeat(60)}${index}.example`));
  const decision = authorise(withCsr({ extensions: [sanExtension(...long)] }), facts);
  assert.ok(decision.kind === 'deny' && decision.finding.detail.length <= 300);
  assert.ok(!decision.finding.detail.includes('BEGIN'));
});

test("a node cannot get another node's certificate with a good CSR of that node", async () => {
  const keyPair = await generateKeyPair('ecdsa-p256');
  const other = { ...node, name: 'n2', addresses: ['192.0.2.12'] };
  const { subject, alternativeNames } = specOf(other, 'kubelet');
  const csrDer = await createCsr({ keyPair, subject, alternativeNames });
  assert.equal(reasonOf(authorise(withRequest({ csrDer }), facts)), 'subject');
});

test('a host whose address has changed gets the new one only', async () => {
  const moved = { ...node, addresses: ['192.0.2.99'] };
  const request = await requestFor(moved, 'kubelet');
  assert.equal(reasonOf(authorise({ ...good, request, host: registered(moved) }, facts)), 'allow');
  assert.equal(reasonOf(authorise({ ...good, request }, facts)), 'names');
});
