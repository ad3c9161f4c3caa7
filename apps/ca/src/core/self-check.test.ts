import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issueCertificate, parseCertificate } from '@easycerts/pki';
import { checkedRequest, makeAuthorities, node, now } from '../../test/fixture.ts';
import { checkIssued, type Issued, type SelfCheckReason, selfCheckReasons } from './self-check.ts';
import { templateOf } from './template.ts';

const authorities = await makeAuthorities();
const authority = authorities.kubernetes.certificate;
const request = await checkedRequest(node, 'kubelet');
const template = templateOf({ request, authority, serial: 'ab12', now });
const certificate = parseCertificate(issueCertificate({ authority: authorities.kubernetes, template }));
const good: Issued = { certificate, template, authority, now };

const later = new Date(template.notAfter.getTime() + 1_000);
const otherKey = await checkedRequest(node, 'kubelet');
const sameNameOtherKey = (await makeAuthorities()).kubernetes.certificate;

const rows: readonly [string, SelfCheckReason, Issued][] = [
  ['another serial number', 'serial', { ...good, template: { ...template, serial: 'ab13' } }],
  [
    'another subject',
    'subject',
    { ...good, template: { ...template, subject: { commonName: 'x', organizations: [] } } },
  ],
  [
    'an attribute more in the subject',
    'subject',
    { ...good, certificate: { ...certificate, otherSubjectAttributes: ['2.5.4.11'] } },
  ],
  ['another issuer', 'issuer', { ...good, authority: authorities.etcd.certificate }],
  ['a name more', 'names', { ...good, template: { ...template, alternativeNames: { dns: ['n1'], ip: [] } } }],
  ['a name of another kind', 'names', { ...good, certificate: { ...certificate, otherNames: ['URI:x'] } }],
  ['another usage', 'usages', { ...good, template: { ...template, usages: ['client auth'] } }],
  ['a usage more', 'usages', { ...good, certificate: { ...certificate, otherUsages: ['2.5.29.37.0'] } }],
  ['no usage', 'usages', { ...good, certificate: { ...certificate, usages: [] } }],
  [
    'the key usage of a CA',
    'key-usages',
    { ...good, certificate: { ...certificate, keyUsages: ['digitalSignature', 'keyCertSign'] } },
  ],
  [
    'transport of keys, which only the RSA key of a server is for',
    'key-usages',
    { ...good, certificate: { ...certificate, keyUsages: ['digitalSignature', 'keyEncipherment'] } },
  ],
  ['no key usage', 'key-usages', { ...good, certificate: { ...certificate, keyUsages: [] } }],
  ['CA:TRUE', 'is-ca', { ...good, certificate: { ...certificate, isCa: true } }],
  ['a path length', 'is-ca', { ...good, certificate: { ...certificate, pathLength: 0 } }],
  ['a later end', 'validity', { ...good, certificate: { ...certificate, notAfter: later } }],
  ['an earlier beginning', 'validity', { ...good, certificate: { ...certificate, notBefore: new Date(0) } }],
  [
    'an end after that of the CA',
    'validity',
    { ...good, authority: { ...authority, notAfter: new Date(template.notAfter.getTime() - 1_000) } },
  ],
  ['another key', 'key', { ...good, template: { ...template, spkiDer: otherKey.spkiDer } }],
  ['the key identifier of another CA', 'key-ids', { ...good, certificate: { ...certificate, authorityKeyId: 'ab' } }],
  ['no key identifiers', 'key-ids', { ...good, certificate: { ...certificate, subjectKeyId: '' } }],
  [
    'an extension more',
    'extensions',
    {
      ...good,
      certificate: {
        ...certificate,
        extensions: [...certificate.extensions, { oid: '1.2.3', isCritical: false, value: new Uint8Array() }],
      },
    },
  ],
  ['an extension less', 'extensions', { ...good, certificate: { ...certificate, extensions: [] } }],
  [
    'basic constraints that are not critical',
    'extensions',
    {
      ...good,
      certificate: {
        ...certificate,
        extensions: certificate.extensions.map((extension) => ({ ...extension, isCritical: false })),
      },
    },
  ],
  [
    'a signature of another key of the same name',
    'chain',
    { ...good, authority: { ...sameNameOtherKey, subjectKeyId: authority.subjectKeyId } },
  ],
];

test('what was signed as it should be passes', () => {
  assert.equal(checkIssued(good), undefined);
});

for (const [name, reason, issued] of rows) {
  test(`${reason}: ${name}`, () => {
    assert.equal(checkIssued(issued)?.reason, reason);
  });
}

test('every reason has its row', () => {
  assert.deepEqual(new Set(rows.map(([, reason]) => reason)), new Set(selfCheckReasons));
});

test('every single-bit change of the certificate is found', () => {
  for (let index = 0; index < certificate.der.length; index++) {
    const changed = Uint8Array.from(certificate.der);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assert.ok(isFound(changed), `byte ${index}`);
  }
});

function isFound(der: Uint8Array): boolean {
  try {
    return checkIssued({ ...good, certificate: parseCertificate(der) }) !== undefined;
  } catch {
    return true;
  }
}
