/** Somebody tries to break it: everything is refused, and everything stands on the audit trail. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { inNetworkOf } from '../../src/call-bus.ts';
import type { CaAnswer } from '../../src/call-ca.ts';
import { callCa } from '../../src/call-ca.ts';
import type { PrintedEvent } from '../../src/events.ts';
import { storedEvents } from '../../src/events.ts';
import { eventually } from '../../src/eventually.ts';
import { listIssued } from '../../src/issued.ts';
import { makeNodeIdentity, registerNode } from '../../src/node-identity.ts';
import { program } from '../../src/place.ts';
import type { Ended } from '../../src/run-command.ts';
import { describe as describeEnd, mustRun, runCommand } from '../../src/run-command.ts';
import { setOf } from '../../src/secrets.ts';
import type { Attack } from '../../src/signing-attacks.ts';
import { attacksOfMaster, attacksOfNode, signCallOf } from '../../src/signing-attacks.ts';
import { step } from '../../src/step.ts';
import { machine, place } from './cluster.ts';

const folder = `${machine.data}.attacks`;
/** A node that is in the register of hosts, and whose key the attacker has. */
const stolen = 'n2';
const ownIdentity = machine.file('/var/lib/easycerts/host');

const reasonOf = (answer: CaAnswer | undefined): string =>
  answer?.kind === 'refused' ? answer.reason : `answered ${answer?.serial}`;
const ofType = (events: readonly PrintedEvent[], type: string): readonly PrintedEvent[] =>
  events.filter((event) => event.type === `easycerts.${type}`);

async function refusals(identity: string, attacks: readonly Attack[]): Promise<Readonly<Record<string, string>>> {
  const answers = await callCa(
    machine,
    identity,
    await Promise.all(attacks.map((attack) => signCallOf(folder, attack))),
  );
  return Object.fromEntries(attacks.map(({ title }, index) => [title, reasonOf(answers[index])]));
}

const expected = (attacks: readonly Attack[]): Readonly<Record<string, string>> =>
  Object.fromEntries(attacks.map(({ title, reason }) => [title, reason]));

step('requests that are not in order', machine, () => {
  let serials: readonly string[] = [];
  before(async () => {
    await makeNodeIdentity(machine, stolen, join(folder, stolen));
    await registerNode(machine, stolen);
    serials = (await listIssued(machine)).map(({ serial }) => serial);
  });

  test('each is refused for its own reason, although a master makes it', async () => {
    const attacks = attacksOfMaster(place().node);
    assert.deepEqual(await refusals(ownIdentity, attacks), expected(attacks));
  });

  test('a node gets nothing but its own', async () => {
    const attacks = attacksOfNode(stolen, place().node);
    assert.deepEqual(await refusals(join(folder, stolen), attacks), expected(attacks));
  });

  test('a replayed request is answered with what it got before, and with nothing as a new request', async () => {
    const first = await signCallOf(folder, {
      title: '',
      name: 'kube-proxy-client',
      wish: { subject: '/CN=system:kube-proxy' },
      reason: '',
    });
    const [one, repeated, again] = await callCa(machine, ownIdentity, [
      first,
      first,
      { ...first, requestId: randomUUID() },
    ]);
    assert.equal(one?.kind, 'answered');
    assert.deepEqual(repeated, one);
    assert.equal(reasonOf(again), 'replayed');
    serials = [one?.serial ?? '', ...serials];
  });

  test('nothing was issued for any of them', async () => {
    assert.deepEqual(
      (await listIssued(machine)).map(({ serial }) => serial),
      serials,
    );
  });

  test('all of it is on the audit trail, with who asked, for what, and why not', async () => {
    const wanted = [
      ...attacksOfMaster(place().node).map(({ name, reason }) => `${place().node} ${name} ${reason}`),
      ...attacksOfNode(stolen, place().node).map(({ name, reason }) => `${stolen} ${name} ${reason}`),
      `${place().node} kube-proxy-client replayed`,
    ];
    await eventually('the audit trail', async () => {
      const refused = ofType(await storedEvents(machine, '--audit'), 'certificate.refused');
      const seen = new Set(
        refused.map(({ data }) => `${String(data.host)} ${String(data.certificate)} ${String(data.reason)}`),
      );
      const missing = wanted.filter((line) => !seen.has(line));
      if (missing.length > 0) throw new Error(`not on the trail: ${missing.join(', ')}`);
      return true;
    });
  });
});

step('callers without a proper identity', machine, () => {
  const call = async (identity: string): Promise<CaAnswer | undefined> =>
    (await callCa(machine, identity, [{ kind: 'list' }]))[0];

  test('the master itself is answered', async () => {
    assert.equal((await call(ownIdentity))?.kind, 'answered');
  });

  test('a certificate of the kubernetes CA is not let in', async () => {
    assert.equal((await call(await mixedIdentity('cluster-admin')))?.kind, 'refused');
  });

  test('a certificate of the easycerts CA that is no host identity is not let in', async () => {
    assert.equal(reasonOf(await call(await mixedIdentity('bus-server'))), 'unauthenticated');
  });

  test('a node that nobody registered is refused, and that is on the audit trail', async () => {
    assert.equal(
      reasonOf(await call(await makeNodeIdentity(machine, 'stranger', join(folder, 'stranger')))),
      'unknown-host',
    );
    await eventually('the audit trail', async () => {
      const refused = ofType(await storedEvents(machine, '--audit'), 'call.refused');
      return refused.some(({ data }) => data.host === 'stranger' && data.reason === 'unknown-host');
    });
  });
});

function nats(identity: string, words: readonly string[]): Promise<Ended> {
  const tls = [
    '--tlsfirst',
    '--tlscert',
    `${identity}/tls.crt`,
    '--tlskey',
    `${identity}/tls.key`,
    '--tlsca',
    `${identity}/ca.crt`,
  ];
  const server = ['--server', 'tls://127.0.0.1:4222', '--timeout', '3s'];
  return runCommand(inNetworkOf(machine, [program('nats'), ...server, ...tls, ...words]), { timeoutMs: 10_000 });
}

const foreignSubjects = [
  'easycerts.v1.host.easycerts.>',
  'easycerts.v1.host.>',
  'easycerts.v1.host.n3.>',
  'easycerts.v1.cluster.>',
  'easycerts.v1.audit.>',
  'easycerts.v1.ledger.>',
  '$KV.hosts.>',
  '$KV.>',
  '$JS.>',
  '$SYS.>',
  '_INBOX.>',
  '*',
  '>',
];
const foreignPublications = [
  'easycerts.v1.host.easycerts.component.failed',
  'easycerts.v1.cluster.ca.started',
  'easycerts.v1.audit.certificate.refused',
  'easycerts.v1.ledger.issued',
  '$KV.hosts.n2.record',
  '$JS.API.STREAM.DELETE.LEDGER',
  '$JS.API.STREAM.PURGE.AUDIT',
  '$SYS.REQ.SERVER.PING',
];

step('a node on the bus', machine, () => {
  const node = join(folder, stolen);
  const isRefused = (ended: Ended): boolean => /permissions violation/i.test(ended.stdout + ended.stderr);

  test('hears what is for it', async () => {
    assert.equal(
      isRefused(await nats(node, ['subscribe', `$KV.hosts.${stolen}.>`, '--count', '1', '--wait', '1s'])),
      false,
    );
  });

  test('hears nothing that is for others', async () => {
    const attempts = foreignSubjects.map(async (subject) => ({
      subject,
      ended: await nats(node, ['subscribe', subject, '--count', '1', '--wait', '1s']),
    }));
    for (const { ended, subject } of await Promise.all(attempts))
      assert.ok(isRefused(ended), `${subject}: ${describeEnd(ended)}`);
  });

  test('says nothing in the name of others, and does not reach the store', async () => {
    const attempts = foreignPublications.map(async (subject) => ({
      subject,
      ended: await nats(node, ['request', subject, '{}']),
    }));
    for (const { ended, subject } of await Promise.all(attempts))
      assert.ok(isRefused(ended), `${subject}: ${describeEnd(ended)}`);
  });

  for (const [title, identity] of [
    ['a node that nobody registered', () => join(folder, 'stranger')],
    ['a certificate of another CA', () => mixedIdentity('cluster-admin')],
    ['a certificate that is no host identity', () => mixedIdentity('bus-server')],
  ] as const) {
    test(`${title} does not get in at all`, async () => {
      assert.notEqual((await nats(await identity(), ['publish', 'a', 'b'])).code, 0);
    });
  }

  test('all of it is on the audit trail', async () => {
    await eventually('the audit trail', async () => {
      const refused = ofType(await storedEvents(machine, '--audit'), 'bus.refused');
      const has = (kind: string, subject: RegExp): boolean =>
        refused.some(
          ({ data }) =>
            data.kind === kind &&
            String(data.user).includes(stolen) &&
            subject.test(String(data.subject) + String(data.detail)),
        );
      const strangers = refused
        .filter(({ data }) => data.kind === 'connection')
        .map(({ data }) => String(data.user) + String(data.detail));
      return (
        has('subscribe', /easycerts\.v1\.host\.easycerts/) &&
        has('publish', /./) &&
        strangers.some((words) => words.includes('stranger'))
      );
    });
  });

  test('and everything is still there', async () => {
    assert.ok((await listIssued(machine)).length > 20);
    assert.equal((await machine.json<{ isReady: boolean }>(['status'])).isReady, true);
  });
});

/** A set of another kind that pretends to be a host identity: with the bundle of the easycerts CA, so that it tries at all. */
async function mixedIdentity(name: string): Promise<string> {
  const target = join(folder, `mixed-${name}`);
  const { cert, key } = setOf(machine, name);
  await mustRun(['install', '-D', '-m', '600', '-t', target, cert, key]);
  writeFileSync(join(target, 'ca.crt'), readFileSync(setOf(machine, 'host').ca));
  return target;
}
