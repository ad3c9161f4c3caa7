import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePem } from '@easycerts/pki';
import { CfsslError } from './cfssl-error.ts';
import { authenticatedRequestOf, csrDerOf, signRequestOf } from './sign-request.ts';

const wrong = 'Unable to parse sign request';
const read = (value: unknown) => signRequestOf(JSON.stringify(value), wrong);
const isCode = (code: number) => (error: unknown) => error instanceof CfsslError && error.code === code;

test('what certmgr sends is read, and what it sends beside it is no matter', () => {
  const sent = {
    hosts: ['n1'],
    certificate_request: 'pem',
    profile: 'default',
    crl_override: 'http://evil.example',
    label: '',
    NotBefore: '0001-01-01T00:00:00Z',
    NotAfter: '2999-01-01T00:00:00Z',
    ReturnPrecert: false,
    serial: 1,
    extensions: [{ id: '2.5.29.19', critical: true, value: '3003010101' }],
  };
  assert.deepEqual(read(sent), {
    csrPem: 'pem',
    hosts: ['n1'],
    subject: undefined,
    profile: 'default',
    label: '',
    bundle: false,
  });
});

test('no hosts are the names of the CSR, an empty list is no name, and hostname goes before both', () => {
  assert.equal(read({}).hosts, undefined);
  assert.equal(read({ hosts: null }).hosts, undefined);
  assert.deepEqual(read({ hosts: [] }).hosts, []);
  assert.deepEqual(read({ hosts: ['a'], hostname: 'b,c' }).hosts, ['b', 'c']);
});

test('a subject is its common name and organizations; anything more is told apart', () => {
  const named = read({ subject: { CN: 'n1', names: [{ O: 'a' }, { O: '' }, { O: 'b' }] } });
  assert.deepEqual(named.subject, { commonName: 'n1', organizations: ['a', 'b'], hasOthers: false });
  for (const subject of [
    { SerialNumber: '1' },
    { names: [{ OU: 'x' }] },
    { names: [{ O: 'a', C: 'CH' }] },
    { names: [{ OID: { '1.2': 'x' } }] },
  ]) {
    assert.equal(read({ subject }).subject?.hasOthers, true, JSON.stringify(subject));
  }
});

test('names of fields are read in any case, and the last that is not null counts, as in Go', () => {
  const subject = { cn: 'n1', NAMES: [{ o: 'a' }], serialNUMBER: '1' };
  const found = read({ Hosts: ['a'], hosts: ['b'], HOSTS: null, Profile: 'www', BUNDLE: true, Subject: subject });
  assert.deepEqual([found.hosts, found.profile, found.bundle], [['b'], 'www', true]);
  assert.deepEqual(found.subject, { commonName: 'n1', organizations: ['a'], hasOthers: true });
  assert.deepEqual([...authenticatedRequestOf('{"Token":"AQI=","token":"AQ=="}').token], [1]);
  assert.throws(() => read({ hosts: ['a'], Hosts: 'b' }), isCode(400));
  assert.equal(read({ subject: { names: [{ ou: 'x' }] } }).subject?.hasOthers, true);
});

const malformed: readonly unknown[] = [
  { hosts: 'n1' },
  { hosts: [1] },
  { hosts: [['n1']] },
  { profile: 1 },
  { label: {} },
  { bundle: 'yes' },
  { certificate_request: ['x'] },
  { subject: 'CN=n1' },
  { subject: { names: { O: 'a' } } },
  { subject: { names: ['O=a'] } },
  { subject: { CN: 1 } },
  { subject: { names: [{ O: 1 }] } },
  [],
  null,
  'text',
];

for (const value of malformed) {
  test(`${JSON.stringify(value)} is refused as no request`, () => {
    assert.throws(() => read(value), isCode(400));
  });
}

test('a token and the bytes that it is of come out of base64, or nothing does', () => {
  const whole = authenticatedRequestOf('{"token":"AQI=","request":"e30="}');
  assert.deepEqual([...whole.token], [1, 2]);
  assert.equal(whole.request.toString(), '{}');
  assert.equal(authenticatedRequestOf('{}').token.length, 0);
  for (const body of [
    '',
    '{',
    '[]',
    'null',
    '{"token":1}',
    '{"token":"AQI"}',
    '{"token":"A Q=="}',
    '{"request":"e30"}',
    '{"token":"AQJ="}',
  ]) {
    assert.throws(() => authenticatedRequestOf(body), isCode(400), body);
  }
});

test('a CSR is one in PEM; cfssl has a code for each other case', () => {
  const der = Buffer.from([0x30, 0]);
  const csr = (csrPem: string) => () => csrDerOf({ ...read({}), csrPem });
  assert.deepEqual([...csr(encodePem('NEW CERTIFICATE REQUEST', der))()], [0x30, 0]);
  assert.throws(csr(''), /missing parameter 'certificate_request'/);
  assert.throws(csr('no PEM'), isCode(9002));
  assert.throws(csr('-----BEGIN CERTIFICATE REQUEST-----\nAA'), isCode(9002));
  assert.throws(csr(encodePem('CERTIFICATE', der)), isCode(9300));
  assert.throws(csr(encodePem('PRIVATE KEY', der)), isCode(9300));
});
