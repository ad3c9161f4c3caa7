/** What renewals do to a bus in use: of the server's certificate, of an access that ends; and servers that only pretend. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect as connectTls, createServer } from 'node:tls';
import { filesOfSet } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import type { TestBus, TestLeaf } from '@easycerts/testing';
import { startTestBus } from '@easycerts/testing';
import { systemClock } from '../clock.ts';
import type { Bus } from './bus.ts';
import type { BusDecision } from './bus-decision.ts';
import { decideByCertificate } from './bus-decision.ts';
import type { BusCertificate } from './bus-identity.ts';
import { connectRaw } from './testing/raw-client.ts';

let testBus: TestBus;
let decide: (certificate: BusCertificate) => BusDecision;
const byCertificate = (certificate: BusCertificate): BusDecision => decideByCertificate(certificate, systemClock);

before(async () => {
  decide = byCertificate;
  testBus = await startTestBus({ decide: (certificate) => decide(certificate) });
});
after(() => testBus?.close());

async function untilTrue(look: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await look())) {
    assert.ok(performance.now() < end, 'it did not happen within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** SHA-256 of the certificate that nats-server shows. */
async function servedFingerprint(): Promise<string> {
  const files = filesOfSet(await testBus.identity('m1', 'master'));
  const [ca, cert, key] = await Promise.all([readFile(files.ca), readFile(files.cert), readFile(files.key)]);
  const socket = connectTls({ host: '127.0.0.1', port: testBus.server.port, ca, cert, key });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

async function hasEvent(bus: Bus, wanted: string): Promise<boolean> {
  try {
    for await (const { id } of bus.readEvents({ from: 'all', follow: false })) if (id === wanted) return true;
    return false;
  } catch (error) {
    if (isAppError(error, 'UNAVAILABLE')) return false;
    throw error;
  }
}

/** Whether it could be done now: while the connection is being made anew, everything answers UNAVAILABLE. */
async function append(bus: Bus): Promise<boolean> {
  try {
    const stream = await bus.stream('RENEWED', ['easycerts.v1.renewed.>']);
    await stream.append('easycerts.v1.renewed.x', Buffer.from('x'));
    return true;
  } catch (error) {
    if (isAppError(error, 'UNAVAILABLE')) return false;
    throw error;
  }
}

test('a renewed certificate of nats-server is served after SIGHUP, and everyone is back by himself', async () => {
  const m1 = await testBus.connect('m1', 'master');
  const n1 = await testBus.connect('n1', 'node');
  const before = await servedFingerprint();
  await testBus.pki.writeSet(join(testBus.server.directory, 'tls'), {
    commonName: 'easycerts-bus',
    usages: ['server auth', 'client auth'],
    alternativeNames: { dns: ['localhost'], ip: ['127.0.0.1'] },
  });
  testBus.server.reload();
  await untilTrue(async () => (await servedFingerprint()) !== before);
  await untilTrue(() => append(m1));
  n1.events.publish({
    type: 'host.ready',
    subject: 'n1',
    key: 'renewed',
    data: { host: 'n1', components: [], durationMs: 1 },
  });
  await n1.events.flush(15_000);
  await untilTrue(() => hasEvent(m1, 'host.ready:n1:renewed'));
});

test('when an access ends the host is asked about anew and goes on, as long as it is let in', async () => {
  decide = (certificate) => {
    const decision = byCertificate(certificate);
    return decision.kind === 'deny' ? decision : { ...decision, until: new Date(Date.now() + 2_000) };
  };
  const bus = await testBus.connect('m2', 'master');
  const asked = testBus.certificates.length;
  decide = byCertificate;
  await untilTrue(() => testBus.certificates.length > asked);
  await untilTrue(() => append(bus));
});

test('a host that has been revoked meanwhile stays outside, and is back when it is let in again', async () => {
  decide = (certificate) => {
    const decision = byCertificate(certificate);
    return decision.kind === 'deny' ? decision : { ...decision, until: new Date(Date.now() + 1_000) };
  };
  const bus = await testBus.connect('m3', 'master');
  decide = ({ identity, ...certificate }) =>
    identity?.id === 'm3' ? { kind: 'deny', reason: 'revoked' } : byCertificate({ identity, ...certificate });
  await untilTrue(() => testBus.refusals.filter(({ detail }) => detail === 'revoked').length >= 2);
  assert.equal(bus.isConnected(), false);
  decide = byCertificate;
  await untilTrue(() => append(bus));
});

const impostors: Readonly<Record<string, readonly [leaf: TestLeaf, code: string]>> = {
  'another name': [
    { commonName: 'easycerts-bus', usages: ['server auth'], alternativeNames: { dns: ['other.example'] } },
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
  'the address only as common name': [
    { commonName: '127.0.0.1', usages: ['server auth'] },
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
  'the identity of a host, which is for clients only': [
    { commonName: 'n1', organizations: ['easycerts:nodes'], alternativeNames: { ip: ['127.0.0.1'] } },
    'INVALID_PURPOSE',
  ],
};
for (const [name, [leaf, code]] of Object.entries(impostors)) {
  test(`no client talks to a server with a certificate of our CA for ${name}`, async () => {
    const directory = await testBus.pki.writeSet(
      join(testBus.server.directory, 'impostors', code, leaf.commonName),
      leaf,
    );
    const files = filesOfSet(directory);
    const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)]);
    let heard = '';
    const server = createServer({ cert, key }, (socket) => {
      socket.on('data', (data) => {
        heard += data;
      });
      socket.on('error', () => undefined);
      socket.write('INFO {"server_id":"x","version":"2.15.2","proto":1,"headers":true,"max_payload":1000}\r\n');
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connectRaw([`127.0.0.1:${port}`], await testBus.identity('n1', 'node'));
    await assert.rejects(client, { code });
    assert.equal(heard, '');
    server.close();
  });
}
