import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAppError } from '@easycerts/core';
import { seq, tlv } from '../testing/der-writer.ts';
import { dirName, dnsName, emailName, ipName, otherName, registeredId, uriName } from '../testing/hostile-csr.ts';
import { readDer } from './der.ts';
import { canonicalNames, dnsNameProblem, namesEqual, readGeneralNames } from './general-names.ts';

const read = (...names: readonly Uint8Array[]) => readGeneralNames(readDer(seq(...names)), 'test');

test('DNS names and addresses are read sorted, each once, canonical', () => {
  const loopback6 = ipName(...new Array(15).fill(0), 1);
  const found = read(dnsName('b'), dnsName('a'), dnsName('b'), loopback6, ipName(10, 0, 0, 1), ipName(10, 0, 0, 1));
  assert.deepEqual(found, { alternativeNames: { dns: ['a', 'b'], ip: ['10.0.0.1', '::1'] }, otherNames: [] });
});

test('an IPv4 address inside IPv6 stays another name than the IPv4 address', () => {
  const { alternativeNames } = read(ipName(...new Array(10).fill(0), 0xff, 0xff, 10, 0, 0, 1));
  assert.equal(alternativeNames.ip.length, 1);
  assert.notEqual(alternativeNames.ip[0], '10.0.0.1');
});

test('every other kind of name is reported', () => {
  const found = read(
    emailName('a@b'),
    uriName('spiffe://x/y'),
    otherName(),
    dirName(),
    registeredId(),
    tlv(0xa3),
    tlv(0xa5),
  );
  assert.deepEqual(found.otherNames, [
    'URI:spiffe://x/y',
    'dirName',
    'ediPartyName',
    'email:a@b',
    'otherName',
    'registeredID',
    'x400Address',
  ]);
  assert.deepEqual(found.alternativeNames, { dns: [], ip: [] });
});

test('a wildcard is read as the name it is, so that a comparison refuses it', () => {
  assert.deepEqual(read(dnsName('*.example')).alternativeNames.dns, ['*.example']);
  assert.notEqual(dnsNameProblem('*.example'), undefined);
});

const refused: Readonly<Record<string, Uint8Array>> = {
  'no names': seq(),
  'an empty DNS name': seq(dnsName('')),
  'a DNS name with NUL': seq(dnsName('good.example\0.evil')),
  'a DNS name with a blank': seq(dnsName('a b')),
  'a DNS name with a line end': seq(dnsName('a\n')),
  'a DNS name outside ASCII': seq(dnsName('\xe9')),
  'a DNS name of 254 characters': seq(dnsName('a'.repeat(254))),
  'an email with NUL': seq(emailName('a\0@b')),
  'an address of 0 bytes': seq(ipName()),
  'an address of 5 bytes': seq(ipName(1, 2, 3, 4, 5)),
  'an address with mask, as name constraints have it': seq(ipName(10, 0, 0, 0, 255, 0, 0, 0)),
  'an address of 17 bytes': seq(ipName(...new Array(17).fill(0))),
  'a kind that does not exist': seq(tlv(0x89)),
  'a kind that is not context-specific': seq(tlv(0x02, Buffer.from([1]))),
  'a DNS name that is constructed': seq(tlv(0xa2, dnsName('a'))),
  'not a sequence': tlv(0x31, dnsName('a')),
};

for (const [name, der] of Object.entries(refused)) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => readGeneralNames(readDer(der), 'test'),
      (error) => isAppError(error, 'INVALID_INPUT'),
    );
  });
}

test('names are made canonical before they are compared', () => {
  const names = canonicalNames({ dns: ['b', 'a', 'b'], ip: ['FD00:0:0::1', '10.0.0.1', 'fd00::1'] });
  assert.deepEqual(names, { dns: ['a', 'b'], ip: ['10.0.0.1', 'fd00::1'] });
  assert.ok(namesEqual(names, canonicalNames({ dns: ['a', 'b'], ip: ['fd00::1', '10.0.0.1'] })));
  assert.ok(!namesEqual(names, { dns: ['a'], ip: names.ip }));
  assert.ok(!namesEqual(names, { dns: ['a', 'b', 'c'], ip: names.ip }));
  assert.ok(!namesEqual(names, { dns: names.dns, ip: ['10.0.0.1', 'fd00::2'] }));
});

test('what is no address is refused among the addresses', () => {
  for (const text of [
    '',
    'localhost',
    '10.0.0',
    '10.0.0.01',
    '10.0.0.256',
    '10.0.0.1/8',
    'fe80::1%eth0',
    '::1::',
    '0x7f.1',
  ]) {
    assert.throws(
      () => canonicalNames({ dns: [], ip: [text] }),
      (error) => isAppError(error, 'INVALID_INPUT'),
      text,
    );
  }
});

test('host names are letters, digits and hyphens', () => {
  const good = ['a', 'localhost', 'n-1', '1a', 'kubernetes.default.svc.cluster.local', 'a'.repeat(63), 'API.Example'];
  for (const name of good) assert.equal(dnsNameProblem(name), undefined, name);
  const bad = [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '-a',
    'a-',
    'a_b',
    '*',
    '*.a',
    'a b',
    'a\0',
    'é',
    'a'.repeat(64),
    '10.0.0.1',
    'a/b',
  ];
  for (const name of bad) assert.notEqual(dnsNameProblem(name), undefined, name);
  assert.notEqual(dnsNameProblem(Array(128).fill('a').join('.')), undefined);
});
