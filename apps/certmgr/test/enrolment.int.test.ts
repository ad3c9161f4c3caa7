/** A machine with a join token becomes a host: over real TLS and gRPC, with a CA that may be away, strict or wrong. */

import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { AppError, dayMs, minuteMs } from '@easycerts/core';
import { encodePem, parseCertificate } from '@easycerts/pki';
import { readReceivedDigest, readReceivedHost, readSet } from '@easycerts/runtime';
import { createTestAuthority } from '@easycerts/testing';
import { createEnrolmentHost, type EnrolmentHost, pemOf, strangeKey, type Wrong } from './enrolment-host.ts';

/** Nothing of an enrolment is on disk but what is named. */
async function assertNothingReceived({ paths }: EnrolmentHost): Promise<void> {
  assert.equal(existsSync(paths.hostIdentity), false, 'no identity');
  assert.equal(existsSync(paths.receivedConfig), false, 'no configuration');
  assert.equal(existsSync(paths.receivedHost), false, 'no record');
}

function assertSaysNoSecret({ log, events, statuses }: EnrolmentHost, secret: Uint8Array): void {
  const told = JSON.stringify([log, events.events, statuses]);
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    assert.ok(!told.includes(Buffer.from(secret).toString(encoding)));
  }
  assert.ok(!told.includes('PRIVATE KEY') && !told.includes('ect1.'));
}

const pendingOf = ({ paths }: EnrolmentHost) => readdir(`${paths.certmgrState}/pending`);
const refusal = (reason: string): AppError => new AppError('PERMISSION_DENIED', 'enrol: no', { details: { reason } });

describe('a join token', () => {
  test('becomes an identity and a configuration, is told once, and is gone', async (t) => {
    const host = await createEnrolmentHost(t);
    await host.startEnrolment();
    const token = await host.writeToken();
    assert.equal(await host.enroller().look(), undefined);

    const { cert, ca, serial } = await readSet(host.paths.hostIdentity);
    assert.equal(new X509Certificate(cert).subject, 'O=easycerts:nodes\nCN=n1');
    assert.equal(ca.toString(), host.ca.bundleOf('easycerts'));
    assert.equal((await stat(`${host.paths.hostIdentity}/tls.key`)).mode & 0o777, 0o600);
    assert.deepEqual(await readReceivedHost(host.paths), { name: 'n1', roles: ['node'], addresses: ['192.0.2.7'] });
    assert.match((await readReceivedDigest(host.paths)) ?? '', /^[0-9a-f]{32}$/);
    assert.equal(existsSync(host.paths.joinToken), false);
    assert.deepEqual(await pendingOf(host), []);

    assert.deepEqual(
      host.statuses.map(({ state }) => state),
      ['enrolling', 'done'],
    );
    assert.ok(host.statuses.every(({ tokenId }) => tokenId === token.id));
    const [told, ...more] = host.events.ofType('certificate.delivered');
    assert.deepEqual(more, []);
    assert.deepEqual(
      [told?.data.certificate, told?.data.serial, told?.data.reason, told?.data.path],
      ['host', serial, 'missing', host.paths.hostIdentity],
    );
    assertSaysNoSecret(host, token.secret);

    const [request] = host.requests;
    assert.deepEqual([request?.host, request?.role, request?.tokenId], ['n1', 'node', token.id]);
    assert.equal(await host.enroller().look(), undefined);
    assert.equal(host.requests.length, 1);
  });

  test('that is not there means nothing', async (t) => {
    const host = await createEnrolmentHost(t);
    assert.equal(await host.enroller().look(), undefined);
    assert.deepEqual(host.statuses, []);
  });

  test('waits for a CA that is away, ever longer, and a lost answer is asked for again, not anew', async (t) => {
    const host = await createEnrolmentHost(t);
    const token = await host.writeToken();
    const enroller = host.enroller();
    const first = await enroller.look();
    assert.ok(first !== undefined && first > host.clock.now().getTime());
    assert.equal(await enroller.look(), first, 'not before its time');
    assert.equal(host.statuses.at(-1)?.state, 'waiting');
    assert.deepEqual([host.statuses.at(-1)?.code, host.statuses.at(-1)?.attempts], ['UNAVAILABLE', 1]);
    assert.match(host.statuses.at(-1)?.cure ?? '', /reaches/);

    await host.startEnrolment();
    host.wrong = { isLost: true };
    host.clock.advance(first - host.clock.now().getTime());
    const second = await enroller.look();
    assert.ok(second !== undefined);
    assert.equal(host.statuses.at(-1)?.attempts, 2);
    await assertNothingReceived(host);

    host.wrong = {};
    host.clock.advance(second - host.clock.now().getTime());
    // As a process that was started again has it
    assert.equal(await host.enroller().look(), undefined);
    const [one, other] = host.requests;
    assert.equal(one?.requestId, other?.requestId);
    assert.deepEqual(one?.csrDer, other?.csrDer);
    assert.equal(host.issued.size, 1, 'nothing is issued twice');
    assert.ok(host.issued.has((await readSet(host.paths.hostIdentity)).serial ?? ''));
    assertSaysNoSecret(host, token.secret);
  });

  test('is tried again at once when somebody asks', async (t) => {
    const host = await createEnrolmentHost(t);
    await host.writeToken();
    const enroller = host.enroller();
    await enroller.look();
    await host.startEnrolment();
    enroller.hurry();
    assert.equal(await enroller.look(), undefined);
    assert.equal(enroller.status?.state, 'done');
  });

  for (const reason of ['token-unknown', 'token-expired', 'token-used', 'token-revoked', 'token-name', 'name-taken']) {
    test(`that the CA refuses (${reason}) is gone, and says why; a new one starts anew`, async (t) => {
      const host = await createEnrolmentHost(t);
      await host.startEnrolment();
      const token = await host.writeToken();
      host.wrong = { error: refusal(reason) };
      const enroller = host.enroller();
      assert.equal(await enroller.look(), undefined);
      assert.deepEqual([enroller.status?.state, enroller.status?.reason], ['refused', reason]);
      assert.equal(existsSync(host.paths.joinToken), false);
      assert.deepEqual(await pendingOf(host), [], 'no key lies around');
      await assertNothingReceived(host);
      assert.equal(await enroller.look(), undefined);
      assert.equal(host.requests.length, 1, 'it is not tried again');
      assertSaysNoSecret(host, token.secret);

      host.wrong = {};
      await host.writeToken();
      await enroller.look();
      assert.equal(enroller.status?.state, 'done');
      assert.notEqual(host.requests[0]?.requestId, host.requests[1]?.requestId);
      assert.notDeepEqual(host.requests[0]?.csrDer, host.requests[1]?.csrDer);
    });
  }

  test('for a request whose clock is wrong is kept: the clock may be set', async (t) => {
    const host = await createEnrolmentHost(t);
    await host.startEnrolment();
    await host.writeToken();
    host.wrong = { error: refusal('stale') };
    const enroller = host.enroller();
    assert.notEqual(await enroller.look(), undefined);
    assert.deepEqual([enroller.status?.state, enroller.status?.reason], ['waiting', 'stale']);
    assert.ok(existsSync(host.paths.joinToken));
  });

  test('of another CA says that somebody may be in between, and is gone', async (t) => {
    const host = await createEnrolmentHost(t);
    await host.startEnrolment();
    const other = await createTestAuthority('easycerts-ca');
    await host.writeToken(host.token({ pin: other.certificate.spkiFingerprint }));
    const enroller = host.enroller();
    assert.equal(await enroller.look(), undefined);
    const { state, code, reason, message = '', cure } = enroller.status ?? {};
    assert.deepEqual([state, code, reason], ['refused', 'UNAUTHENTICATED', 'pin']);
    assert.match(message, /somebody may be in between/);
    assert.match(cure ?? '', /nothing of the token was sent/);
    assert.deepEqual([host.requests.length, existsSync(host.paths.joinToken)], [0, false]);
  });

  test('that is none is gone; a file that others could have read stays, and is not used', async (t) => {
    const host = await createEnrolmentHost(t);
    await host.startEnrolment();
    await host.writeToken();
    await writeFile(host.paths.joinToken, 'ect1.cut');
    const enroller = host.enroller();
    assert.equal(await enroller.look(), undefined);
    assert.deepEqual([enroller.status?.state, enroller.status?.reason], ['refused', 'malformed']);
    assert.equal(existsSync(host.paths.joinToken), false);

    await host.writeToken();
    const { chmod } = await import('node:fs/promises');
    await chmod(host.paths.joinToken, 0o644);
    assert.equal(await enroller.look(), undefined);
    await enroller.look();
    assert.deepEqual([enroller.status?.state, enroller.status?.reason], ['refused', 'token-file']);
    assert.ok(existsSync(host.paths.joinToken));
    assert.equal(host.requests.length, 0);
    assert.equal(host.log.filter(({ msg }) => msg === 'join token refused').length, 2, 'each once');
  });

  for (const keyAlgorithm of ['ecdsa-p384', 'rsa-2048']) {
    test(`becomes an identity with the key that the list of the cluster wants: ${keyAlgorithm}`, async (t) => {
      const host = await createEnrolmentHost(t, { cluster: [`pki: {keyAlgorithm: ${keyAlgorithm}}`] });
      await host.startEnrolment();
      await host.writeToken();
      const enroller = host.enroller();
      await enroller.look();
      assert.equal(enroller.status?.state, 'done', enroller.status?.message ?? '');
      const { cert } = await readSet(host.paths.hostIdentity);
      assert.equal(parseCertificate(cert.toString()).keyAlgorithm, keyAlgorithm);
      assert.equal(host.requests.length, 2);
      assert.deepEqual(await pendingOf(host), []);
    });
  }

  for (const keyAlgorithm of ['ecdsa-p256', 'rsa-512', 7, undefined]) {
    test(`does not go round in a circle about keys (${keyAlgorithm})`, async (t) => {
      const host = await createEnrolmentHost(t, { cluster: ['pki: {keyAlgorithm: ecdsa-p384}'] });
      await host.startEnrolment();
      await host.writeToken();
      host.wrong = { details: { keyAlgorithm } };
      const enroller = host.enroller();
      await enroller.look();
      assert.deepEqual([enroller.status?.state, enroller.status?.reason], ['refused', 'weak-key']);
      assert.equal(host.requests.length, 1);
    });
  }

  test('does not live longer than its answer: the state is told before the file goes', async (t) => {
    const host = await createEnrolmentHost(t);
    await host.startEnrolment();
    await host.writeToken();
    const seen: boolean[] = [];
    const onStatus = async () => void seen.push(existsSync(host.paths.joinToken));
    await host.enroller({ onStatus }).look();
    assert.deepEqual(seen, [true, true]);
    assert.equal(existsSync(host.paths.joinToken), false);
  });
});

describe('an answer that is wrong is refused, and nothing of it is put on disk', () => {
  const before = (ms: number) => new Date(Date.now() - ms);
  const after = (ms: number) => new Date(Date.now() + ms);
  const rows: readonly (readonly [string, string, () => Promise<Wrong>])[] = [
    ['of a master', 'subject', async () => ({ host: { name: 'n1', roles: ['master'], addresses: [] } })],
    [
      'of a master that is a node too',
      'subject',
      async () => ({ host: { name: 'n1', roles: ['master', 'node'], addresses: [] } }),
    ],
    ['of another host', '', async () => ({ host: { name: 'n2', roles: ['node'], addresses: [] } })],
    [
      'with the subject of a master',
      'subject',
      async () => ({ template: { subject: { commonName: 'n1', organizations: ['easycerts:masters'] } } }),
    ],
    [
      'with the name of another host',
      'subject',
      async () => ({ template: { subject: { commonName: 'n2', organizations: ['easycerts:nodes'] } } }),
    ],
    ['with names in it', 'names', async () => ({ template: { alternativeNames: { dns: ['n1'], ip: [] } } })],
    ['for a server', 'usages', async () => ({ template: { usages: ['server auth', 'client auth'] } })],
    ['for another key', 'key', async () => ({ template: { spkiDer: await strangeKey() } })],
    ['of another CA with the same name', 'issuer', async () => ({ isOfStranger: true })],
    ['with another serial number', 'serial', async () => ({ answer: (answer) => ({ ...answer, serial: 'abc' }) })],
    ['that is valid for years', 'validity', async () => ({ template: { notAfter: after(400 * dayMs) } })],
    [
      'that has expired',
      'issuer',
      async () => ({ template: { notBefore: before(2 * dayMs), notAfter: before(dayMs) } }),
    ],
    ['that has not begun', 'not-yet-valid', async () => ({ template: { notBefore: after(minuteMs) } })],
    [
      'that is no certificate',
      'unreadable',
      async () => ({ answer: (answer) => ({ ...answer, certificateDer: new Uint8Array(40) }) }),
    ],
    ['with a trust bundle of somebody else', 'issuer', async () => foreignBundle()],
    [
      'with its own certificate for a CA',
      'issuer',
      async () => ({
        answer: (answer) => ({ ...answer, trustBundlePem: answer.trustBundlePem + pemOf(answer.certificateDer) }),
      }),
    ],
    ['without a trust bundle', 'unreadable', async () => ({ answer: (answer) => ({ ...answer, trustBundlePem: '' }) })],
    ['without a configuration', '', async () => ({ answer: (answer) => ({ ...answer, nodeDocument: '' }) })],
    [
      'with a configuration that was altered',
      '',
      async () => ({
        answer: (answer) => ({ ...answer, nodeDocument: answer.nodeDocument.replace('127.0.0.1', '192.0.2.66') }),
      }),
    ],
    ['with a configuration without certificates', 'subject', async () => withCluster(byHand)],
    ['with the configuration of a master', 'subject', async () => withCluster('roles: [master, node]')],
    ['with a configuration that makes no sense', '', async () => withCluster('roles: [queen]')],
  ];
  const byHand = [
    'roles: [node]',
    'easyCerts: false',
    'kubelet: {tlsCertFile: /c, tlsKeyFile: /k, clientCaFile: /ca, kubeconfig: {caFile: /ca, certFile: /c, keyFile: /k}}',
    'proxy: {kubeconfig: {caFile: /ca, certFile: /c, keyFile: /k}}',
    'flannel: {kubeconfig: {caFile: /ca, certFile: /c, keyFile: /k}}',
  ].join('\n');
  /** A document with another configuration, whose digest is right. */
  const withCluster = (text: string): Wrong => ({
    answer: (answer) => {
      const { host } = JSON.parse(answer.nodeDocument);
      const cluster = `${text}\nmasterAddress: 127.0.0.1\n`;
      const digest = createHash('sha256').update(`${cluster.length}:`).update(cluster);
      digest.update(JSON.stringify([host.name, host.roles, host.addresses]));
      const document = { version: 1, digest: digest.digest('hex').slice(0, 32), cluster, host };
      return { ...answer, nodeDocument: JSON.stringify(document) };
    },
  });
  const foreignBundle = async (): Promise<Wrong> => {
    const other = await createTestAuthority('easycerts-ca');
    const trustBundlePem = encodePem('CERTIFICATE', other.certificate.der);
    return { answer: (answer) => ({ ...answer, trustBundlePem }) };
  };

  for (const [name, reason, wrong] of rows) {
    test(name, async (t) => {
      const host = await createEnrolmentHost(t);
      await host.startEnrolment();
      await host.writeToken();
      host.wrong = await wrong();
      const enroller = host.enroller();
      await enroller.look();
      assert.equal(host.requests.length, 1);
      assert.equal(enroller.status?.reason ?? '', reason, String(enroller.status?.message));
      assert.notEqual(enroller.status?.state, 'done');
      await assertNothingReceived(host);
      assert.deepEqual(host.events.events, []);
    });
  }
});

describe('a host that has an identity', () => {
  async function enrolled(t: Parameters<typeof createEnrolmentHost>[0]): Promise<EnrolmentHost> {
    const host = await createEnrolmentHost(t);
    await host.startEnrolment();
    await host.writeToken();
    await host.enroller().look();
    return host;
  }

  test('needs no token: it is removed, and nobody is asked for anything', async (t) => {
    const host = await enrolled(t);
    await host.writeToken();
    const enroller = host.enroller();
    assert.equal(await enroller.look(), undefined);
    assert.equal(enroller.status?.state, 'done');
    assert.deepEqual([host.requests.length, existsSync(host.paths.joinToken)], [1, false]);
  });

  test('does not go over to another cluster by a token', async (t) => {
    const host = await enrolled(t);
    const other = await createTestAuthority('easycerts-ca');
    const before = await readFile(`${host.paths.hostIdentity}/tls.crt`, 'utf8');
    await host.writeToken(host.token({ pin: other.certificate.spkiFingerprint }));
    const enroller = host.enroller();
    await enroller.look();
    assert.deepEqual([enroller.status?.state, enroller.status?.reason], ['refused', 'other-cluster']);
    assert.equal(await readFile(`${host.paths.hostIdentity}/tls.crt`, 'utf8'), before);
  });

  test('that has expired enrols again with a token, and not without', async (t) => {
    const host = await enrolled(t);
    const { serial } = await readSet(host.paths.hostIdentity);
    const spec = host.spec('host', {
      authority: 'easycerts',
      subject: { commonName: 'n1', organizations: ['easycerts:nodes'] },
      alternativeNames: { dns: [], ip: [] },
      directory: host.paths.hostIdentity,
    });
    await host.deliver(spec, { notBefore: new Date(Date.now() - 2 * dayMs), notAfter: new Date(Date.now() - dayMs) });
    const expired = await readSet(host.paths.hostIdentity);
    await host.enroller().look();
    assert.equal(host.requests.length, 1);
    await host.writeToken();
    await host.enroller().look();
    assert.equal(host.requests.length, 2);
    const renewed = host.events.ofType('certificate.renewed');
    assert.deepEqual(
      renewed.map(({ data }) => [data.reason, data.previousSerial]),
      [['expired', expired.serial]],
    );
    assert.notEqual((await readSet(host.paths.hostIdentity)).serial, serial);
  });

  for (const reason of ['unknown-host', 'host-revoked', 'certificate-revoked']) {
    test(`which the CA does not want any more (${reason}) enrols again with a token`, async (t) => {
      const host = await enrolled(t);
      await host.writeToken();
      const enroller = host.enroller({ tryIdentity: () => Promise.reject(refusal(reason)) });
      await enroller.look();
      assert.equal(enroller.status?.state, 'done');
      assert.equal(host.requests.length, 2);
      assert.equal(host.events.ofType('certificate.renewed')[0]?.data.reason, 'revoked');
    });
  }

  test('keeps token and identity while the CA cannot say whether it wants it', async (t) => {
    const host = await enrolled(t);
    await host.writeToken();
    const away = new AppError('UNAVAILABLE', 'no CA');
    const enroller = host.enroller({ tryIdentity: () => Promise.reject(away) });
    assert.notEqual(await enroller.look(), undefined);
    assert.equal(enroller.status?.state, 'waiting');
    assert.ok(existsSync(host.paths.joinToken));
    assert.equal(host.requests.length, 1);
  });
});
