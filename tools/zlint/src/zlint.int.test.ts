/** What our CA issues, as the linter of the public CAs sees it: every rule is kept that is not left out with a reason. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import {
  authorityNames,
  certificateList,
  type ExtendedKeyUsage,
  type KeyAlgorithm,
  keyAlgorithms,
  parseClusterConfig,
  pathsUnder,
  resolveCertificates,
} from '@easycerts/cluster';
import { dayMs } from '@easycerts/core';
import { createAuthority, encodePem, generateKeyPair, issueCertificate, newSerial, spkiOf } from '@easycerts/pki';
import { notForUs } from './not-for-us.ts';
import { type CertificateReport, lintCertificates } from './zlint.ts';

const options = spawnSync('go', ['version']).status === 0 ? { timeout: 120_000 } : { skip: 'needs Go' };
const leftOut = new Map<string, string>(notForUs.map(({ lint, source }) => [lint, source]));

interface Linted {
  readonly what: string;
  readonly report: CertificateReport;
}

describe('zlint', options, () => {
  let linted: readonly Linted[] = [];
  before(async () => {
    const issued = (await Promise.all(keyAlgorithms.map(issueAll))).flat();
    const reports = await lintCertificates(issued.map(({ pem }) => pem).join(''));
    assert.equal(reports.length, issued.length);
    linted = reports.map((report, at) => ({ what: issued[at]?.what ?? assert.fail(), report }));
  });

  it('finds nothing else in any certificate of the list, of any CA, with any kind of key', () => {
    assert.equal(linted.length, keyAlgorithms.length * (authorityNames.length + certificateList.length));
    const others = linted.flatMap(({ what, report }) =>
      report.findings.filter(({ lint, source }) => leftOut.get(lint) !== source).map((found) => ({ what, ...found })),
    );
    assert.deepEqual(others, []);
    for (const { what, report } of linted)
      assert.ok(report.passed > 50, `${what}: only ${report.passed} rules applied`);
  });

  it('breaks every rule that is left out: none stands there for nothing', () => {
    const broken = new Set(linted.flatMap(({ report }) => report.findings.map(({ lint }) => lint)));
    assert.deepEqual(
      notForUs.map(({ lint }) => lint).filter((lint) => !broken.has(lint)),
      [],
    );
    assert.equal(leftOut.size, notForUs.length);
  });

  it('would see a mistake: a client’s RSA key that is said to transport keys', async () => {
    // Of an earlier version of this CA.
    const [report] = await lintCertificates(clientThatTransportsKeys);
    assert.deepEqual(
      report?.findings.filter(({ source }) => source === 'RFC5280').map(({ lint }) => lint),
      ['e_key_usage_and_extended_key_usage_inconsistent'],
    );
  });

  it('says which certificate it cannot read', async () => {
    await assert.rejects(lintCertificates(encodePem('CERTIFICATE', Buffer.from('3003020101', 'hex'))), /certificate 1/);
  });
});

/** The CAs and every certificate of a master that is a node, with the names that are special: IPv6, other domains. */
async function issueAll(keyAlgorithm: KeyAlgorithm): Promise<readonly { what: string; pem: string }[]> {
  const text = `roles: [master, node]\nmasterAddress: api.kube.example\npki: {keyAlgorithm: ${keyAlgorithm}, cfssl: {enable: true}}`;
  const host = { name: 'm1', roles: ['master', 'node'], addresses: ['192.0.2.10', 'fd00::1'] } as const;
  const specs = resolveCertificates(parseClusterConfig(text, 'cluster.yaml'), host, pathsUnder(''));
  const spkiDer = spkiOf((await generateKeyPair(keyAlgorithm)).publicKey);
  const nowMs = Date.now();
  const notBefore = new Date(nowMs - 300_000);
  return Promise.all(
    authorityNames.map(async (name) => {
      const serial = newSerial(randomBytes);
      const notAfter = new Date(nowMs + 3_650 * dayMs);
      const authority = await createAuthority({ commonName: name, keyAlgorithm, serial, notBefore, notAfter });
      const leaves = specs
        .filter((spec) => spec.authority === name)
        .map(async ({ name: leaf, subject, alternativeNames, usages, validityS }) => {
          const ends = new Date(nowMs + validityS * 1_000);
          const names = { subject, alternativeNames, usages: usages as readonly ExtendedKeyUsage[] };
          const template = { serial: newSerial(randomBytes), ...names, notBefore, notAfter: ends, spkiDer };
          return { what: `${leaf} ${keyAlgorithm}`, pem: pemOf(issueCertificate({ authority, template })) };
        });
      return [
        { what: `CA ${name} ${keyAlgorithm}`, pem: pemOf(authority.certificate.der) },
        ...(await Promise.all(leaves)),
      ];
    }),
  ).then((all) => all.flat());
}

function pemOf(der: Uint8Array): string {
  return encodePem('CERTIFICATE', der);
}

const clientThatTransportsKeys = `-----BEGIN CERTIFICATE-----
MIIDPTCCAiWgAwIBAgIQc0Z+YocjhboyBmU7bNrV9jANBgkqhkiG9w0BAQsFADAV
MRMwEQYDVQQDEwprdWJlcm5ldGVzMB4XDTI2MTEyNDE2NTQwNVoXDTI2MTIyNDE2
NTkwNVowKTEaMBgGA1UEChMRZWFzeWNlcnRzOm1hc3RlcnMxCzAJBgNVBAMTAm0x
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAw1jIaDj4YFcI4IgXtFuB
TbNgfnlf8MV27f8G7EbPQteREcQVSvsJSCJoiOjLV3+6UeliaTeCe18WL6amtSqJ
DvQFThk2na9U6BH6NM8ssw63IHtXUdCWFnFmbVQDXA6QIfIPBx+sIkAKvZoOyLdX
QJW7HJuYhmVYV/RNetJ/vfvedrip++K1FKDv/9YU8F+XsIw4ApNmsMPb5yGOkTMR
7L2f1iRKli9Nsm/iJk4eRV6l4mFwMFTKe7V7IdIYtmenh2IuRzXWo8cjFG+pw2f6
0MQlUaXqxykHHF5F5Q+WQeJOu4glQzc6hENiaIGoCW3AmioV5edbsEUdimpVjF4T
owIDAQABo3UwczAOBgNVHQ8BAf8EBAMCBaAwEwYDVR0lBAwwCgYIKwYBBQUHAwIw
DAYDVR0TAQH/BAIwADAdBgNVHQ4EFgQUTxpIvHlmAUb9sSw6hldYwEUy/KUwHwYD
VR0jBBgwFoAUUney8SLsRg9y62NJfAvWh2+LI0UwDQYJKoZIhvcNAQELBQADggEB
AH+sg2BoSkE9pvBTasDwHTjOUSGNrrhk/UG9+XOpN03zz/lZ6gDm2f9U/e+ksXUQ
wsPG/+pA1muUuAEzrnhHki73dht9ir7bd+v+plGDUnUUJgR3uU7xVMc8wU3F/ALP
KU8Y3IoL+0LPDxfJBCgGIILygxnZJw8xnHgOqR/5BIlY0qovQMtO6e2tYJHvOp7k
Fz1GlScOG0N0iA2Zs78zumH71kWmOnutVX/7rGsuWBo1lhWDvJtLATlk6LI/ajsx
ZsFIZduW71r5ckBPNHT7lXYloRW1vZlm8F5qF3D8z+4G71nJ/llpw1vR9Nh3SVJ2
wgA70DG7iHN05o+5xmKAUg0=
-----END CERTIFICATE-----`;
