/** Somebody tries to break it: everything is refused, and everything stands on the audit trail. */

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isAppError } from '@easycerts/core';
import {
  authorityOf,
  encodePem,
  generateKeyPair,
  issueCertificate,
  newSerial,
  parseCertificate,
  parsePrivateKeyPem,
  privateKeyToPem,
  spkiOf,
} from '@easycerts/pki';
import type { CertificateAuthorityClient } from '@easycerts/runtime';
import { connectCertificateAuthority } from '@easycerts/runtime';
import type { CsrWish } from '../../src/csr.ts';
import { makeCsr, weakKey, withBrokenSignature } from '../../src/csr.ts';
import type { PrintedEvent } from '../../src/events.ts';
import { storedEvents } from '../../src/events.ts';
import { eventually } from '../../src/eventually.ts';
import { listIssued } from '../../src/issued.ts';
import { program } from '../../src/place.ts';
import type { Ended } from '../../src/run-command.ts';
import { mustRun, runCommand } from '../../src/run-command.ts';
import { setOf } from '../../src/secrets.ts';
import { step } from '../../src/step.ts';
import { machine, place } from './cluster.ts';

const folder = `${machine.data}.attacks`;

interface Attack {
  readonly title: string;
  /** Name in the certificate list that is asked for. */
  readonly name: string;
  /** Default: exactly what the list says for kubelet-client. */
  readonly wish?: CsrWish;
  readonly change?: (csrDer: Uint8Array) => Uint8Array;
  readonly requestedAtMs?: number;
  /** The deny reason. */
  readonly reason: string;
}

function attacks(node: string): readonly Attack[] {
  const listed = `/O=system:nodes/CN=system:node:${node}`;
  const name = 'kubelet-client';
  return [
    {
      title: 'the identity of another node',
      name,
      wish: { subject: '/O=system:nodes/CN=system:node:other' },
      reason: 'subject',
    },
    {
      title: 'the group system:masters',
      name,
      wish: { subject: `/O=system:masters/CN=system:node:${node}` },
      reason: 'subject',
    },
    {
      title: 'system:masters beside its own group',
      name,
      wish: { subject: `/O=system:masters${listed}` },
      reason: 'subject',
    },
    {
      title: 'an attribute that hides in the subject',
      name,
      wish: { subject: `${listed}/OU=more` },
      reason: 'subject',
    },
    {
      title: 'one more DNS name',
      name,
      wish: { subject: listed, extensions: ['subjectAltName=DNS:kubernetes.default.svc'] },
      reason: 'names',
    },
    {
      title: 'one more address',
      name,
      wish: { subject: listed, extensions: ['subjectAltName=IP:10.0.0.1'] },
      reason: 'names',
    },
    {
      title: 'a URI as name',
      name,
      wish: { subject: listed, extensions: ['subjectAltName=URI:spiffe://other'] },
      reason: 'names',
    },
    {
      title: 'CA:TRUE',
      name,
      wish: { subject: listed, extensions: ['basicConstraints=critical,CA:TRUE'] },
      reason: 'ca-requested',
    },
    {
      title: 'the right to sign certificates',
      name,
      wish: { subject: listed, extensions: ['keyUsage=keyCertSign'] },
      reason: 'usages',
    },
    {
      title: 'the usage of a server',
      name,
      wish: { subject: listed, extensions: ['extendedKeyUsage=serverAuth'] },
      reason: 'usages',
    },
    {
      title: 'a foreign extension',
      name,
      wish: { subject: listed, extensions: ['1.3.6.1.4.1.99999.1=ASN1:UTF8String:x'] },
      reason: 'extension',
    },
    { title: 'a weak key', name, wish: { subject: listed, key: weakKey }, reason: 'weak-key' },
    { title: 'a broken signature', name, change: withBrokenSignature, reason: 'bad-signature' },
    { title: 'no CSR at all', name, change: () => new Uint8Array([0x30, 0x03, 0x02, 0x01, 0x00]), reason: 'malformed' },
    { title: 'a very long CSR', name, change: () => new Uint8Array(64 * 1024), reason: 'too-large' },
    { title: 'a certificate that the list does not have', name: 'my-own', reason: 'not-in-list' },
    { title: 'a request from yesterday', name, requestedAtMs: Date.now() - 86_400_000, reason: 'stale' },
    { title: 'a request from tomorrow', name, requestedAtMs: Date.now() + 86_400_000, reason: 'stale' },
  ].map((attack) => ({ ...attack, wish: attack.wish ?? { subject: listed } }));
}

step('requests that are not in order', machine, () => {
  let ca: CertificateAuthorityClient;
  let serials: readonly string[] = [];
  before(async () => {
    ca = connectCertificateAuthority({
      endpoint: `${place().address}:7443`,
      identityDirectory: machine.file('/var/lib/easycerts/host'),
    });
    serials = (await listIssued(machine)).map(({ serial }) => serial);
  });
  after(() => ca.close());

  const sign = (attack: Attack, csrDer: Uint8Array, requestId: string = randomUUID()) =>
    ca.sign({
      name: attack.name,
      csrDer,
      requestId,
      requestedAtMs: attack.requestedAtMs ?? Date.now(),
      reason: 'missing',
    });
  const isRefusal = (reason: string) => (error: unknown) => isAppError(error) && error.details.reason === reason;

  test('each is refused for its own reason', async () => {
    for (const attack of attacks(place().node)) {
      const csrDer = await makeCsr(folder, attack.wish ?? { subject: '/CN=x' });
      await assert.rejects(sign(attack, attack.change?.(csrDer) ?? csrDer), isRefusal(attack.reason), attack.title);
    }
  });

  test('a replayed request is answered with what it got before, and with nothing for another certificate', async () => {
    const attack = { title: '', name: 'kube-proxy-client', reason: 'replayed' };
    const csrDer = await makeCsr(folder, { subject: '/CN=system:kube-proxy' });
    const requestId = randomUUID();
    const { serial } = await sign(attack, csrDer, requestId);
    assert.equal((await sign(attack, csrDer, requestId)).serial, serial);
    await assert.rejects(sign(attack, csrDer), isRefusal('replayed'));
    serials = [serial, ...serials];
  });

  test('nothing was issued for any of them', async () => {
    assert.deepEqual(
      (await listIssued(machine)).map(({ serial }) => serial),
      serials,
    );
  });

  test('all of it is on the audit trail, with its reason', async () => {
    const wanted = attacks(place().node).map(({ name, reason }) => `${name} ${reason}`);
    await eventually('the audit trail', async () => {
      const refused = ofType(await storedEvents(machine, '--audit'), 'certificate.refused');
      const seen = refused.map(({ data }) => `${String(data.certificate)} ${String(data.reason)}`);
      return [...new Set([...wanted, 'kube-proxy-client replayed'])].every((line) => seen.includes(line));
    });
  });
});

step('callers without a proper identity', machine, () => {
  const call = async (identityDirectory: string): Promise<unknown> => {
    const ca = connectCertificateAuthority({
      endpoint: `${place().address}:7443`,
      identityDirectory,
      callTimeoutMs: 5_000,
    });
    try {
      return await ca.listCertificates({
        pageSize: 1,
        pageToken: '',
        host: '',
        name: '',
        authority: '',
        onlyValid: false,
      });
    } finally {
      ca.close();
    }
  };

  test('a certificate of the kubernetes CA is not let in', async () => {
    const mixed = join(folder, 'kubernetes-identity');
    await copySet('cluster-admin', mixed);
    await assert.rejects(call(mixed), (error) => isAppError(error));
  });

  test('a certificate of the easycerts CA that is no host identity is not let in', async () => {
    const other = join(folder, 'server-identity');
    await copySet('bus-server', other);
    await assert.rejects(call(other), (error) => isAppError(error));
  });

  test('a node that nobody registered is refused', async () => {
    await assert.rejects(
      call(await nodeIdentity('stranger')),
      (error) => isAppError(error) && error.details.reason === 'unknown-host',
    );
  });

  test('no certificate at all is refused by CA and bus', async () => {
    const { ca } = setOf(machine, 'host');
    for (const port of [7443, 4222]) {
      const { code } = await runCommand(
        [
          'openssl',
          's_client',
          '-connect',
          `${place().address}:${port}`,
          '-CAfile',
          ca,
          '-tls1_3',
          '-verify_return_error',
        ],
        { timeoutMs: 5_000 },
      );
      assert.ok(port === 4222 || code !== 0, `port ${port}`);
    }
  });
});

step('a node on the bus', machine, () => {
  let node = '';
  before(async () => {
    node = await nodeIdentity('stranger');
  });
  const nats = (identity: string, words: readonly string[]): Promise<Ended> => {
    const tls = [
      '--tlscert',
      `${identity}/tls.crt`,
      '--tlskey',
      `${identity}/tls.key`,
      '--tlsca',
      `${identity}/ca.crt`,
    ];
    return runCommand(
      [program('nats'), '--server', `tls://${place().address}:4222`, '--timeout', '3s', ...tls, ...words],
      { timeoutMs: 8_000 },
    );
  };
  const isRefused = (ended: Ended): boolean =>
    /permissions violation|authorization violation|not authorized|denied/i.test(ended.stdout + ended.stderr);

  for (const subject of [
    () => `easycerts.v1.host.${place().node}.>`,
    () => 'easycerts.v1.host.>',
    () => 'easycerts.v1.audit.>',
    () => 'easycerts.v1.ledger.>',
    () => '$KV.>',
    () => '_INBOX.>',
    () => '>',
  ]) {
    test(`may not subscribe to ${String(subject).slice(6)}`, async () => {
      assert.ok(isRefused(await nats(node, ['subscribe', subject(), '--count', '1', '--wait', '2s'])), subject());
    });
  }

  for (const subject of [
    () => `easycerts.v1.host.${place().node}.component.failed`,
    () => 'easycerts.v1.cluster.ca.started',
    () => '$JS.API.STREAM.DELETE.LEDGER',
    () => '$JS.API.STREAM.PURGE.AUDIT',
  ]) {
    test(`may not publish to ${String(subject).slice(6)}`, async () => {
      assert.ok(isRefused(await nats(node, ['request', subject(), '{}'])), subject());
    });
  }

  test('a certificate of another CA does not get in at all', async () => {
    const foreign = join(folder, 'kubernetes-identity');
    await copySet('cluster-admin', foreign);
    writeFileSync(join(foreign, 'ca.crt'), readFileSync(setOf(machine, 'host').ca));
    assert.notEqual((await nats(foreign, ['subscribe', '>', '--count', '1', '--wait', '2s'])).code, 0);
  });

  test('all of it is on the audit trail', async () => {
    await eventually('the audit trail', async () => {
      const refused = ofType(await storedEvents(machine, '--audit'), 'bus.refused');
      const subjects = refused.filter(({ data }) => data.kind === 'subscribe').map(({ data }) => data.subject);
      return (
        subjects.includes(`easycerts.v1.host.${place().node}.>`) && refused.some(({ data }) => data.kind === 'publish')
      );
    });
  });

  test('and the ledger is still there', async () => {
    assert.ok((await listIssued(machine)).length > 20);
  });
});

function ofType(events: readonly PrintedEvent[], type: string): readonly PrintedEvent[] {
  return events.filter((event) => event.type === `easycerts.${type}`);
}

async function copySet(name: string, target: string): Promise<void> {
  const { cert, key, ca } = setOf(machine, name);
  await mustRun(['install', '-D', '-m', '600', '-t', target, cert, key, ca]);
}

/** What somebody has who stole the identity of a node: made with the key of the CA, because no node has joined here. */
async function nodeIdentity(host: string): Promise<string> {
  const authorities = machine.file('/var/lib/easycerts/ca/authorities/easycerts');
  const certificate = parseCertificate(readFileSync(join(authorities, 'ca.crt'), 'utf8'));
  const authority = authorityOf(certificate, parsePrivateKeyPem(readFileSync(join(authorities, 'ca.key'), 'utf8')));
  const keyPair = await generateKeyPair('ecdsa-p256');
  const der = await issueCertificate({
    authority,
    template: {
      serial: newSerial(randomBytes),
      subject: { commonName: host, organizations: ['easycerts:nodes'] },
      alternativeNames: { dns: [], ip: [] },
      usages: ['client auth'],
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 3_600_000),
      spkiDer: spkiOf(keyPair.publicKey),
    },
  });
  const target = join(folder, `node-${host}`);
  mkdirSync(target, { recursive: true, mode: 0o700 });
  writeFileSync(join(target, 'tls.crt'), encodePem('CERTIFICATE', der));
  writeFileSync(join(target, 'tls.key'), privateKeyToPem(keyPair.privateKey), { mode: 0o600 });
  writeFileSync(join(target, 'ca.crt'), readFileSync(join(authorities, 'ca.crt')));
  return target;
}
