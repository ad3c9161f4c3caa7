/** A node leaves, and is nobody afterwards: neither the host that it was, nor whoever has kept its key. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { callCaFrom, type SignCall } from '../../src/call-ca.ts';
import { makeCsr } from '../../src/csr.ts';
import type { PrintedEvent } from '../../src/events.ts';
import { eventually } from '../../src/eventually.ts';
import { type HostSnapshot, hostSnapshot } from '../../src/host-snapshot.ts';
import { listIssued } from '../../src/issued.ts';
import { runFolder } from '../../src/place.ts';
import { step } from '../../src/step.ts';
import { natsCommand, stealIdentity } from '../../src/stolen-identity.ts';
import {
  allIn,
  audit,
  cluster,
  createToken,
  events,
  joinHost,
  listHosts,
  master,
  nodeComponents,
  nodesReady,
  nodeUnits,
  snapshotBefore,
  unitStates,
} from './cluster.ts';

const leaver = 'n2';
const folder = join(runFolder(), 'three-hosts.stolen');
/** Whoever has left, and joined again, is another one each time. */
const first = join(folder, 'first');
const second = join(folder, 'second');
const reason = 'certificate-revoked';
const longMs = 180_000;

step('a node leaves', cluster, () => {
  const host = () => cluster.host(leaver);
  before(async () => {
    await stealIdentity(host(), first);
  });

  test('while its master is away it does not leave, says what can be done, and changes nothing', async () => {
    const pods = await podsOf(leaver);
    await cluster.host(master).disconnect();
    try {
      const { code, stderr } = await host().exec(['joiner', 'leave'], { timeoutMs: longMs });
      assert.equal(code, 1, stderr);
      assert.match(stderr, /n2 cannot leave now: its master cannot be reached/);
      assert.match(stderr, /do: .*joiner leave --force/);
      const units = [...nodeUnits, ...nodeComponents];
      assert.deepEqual(await unitStates(leaver, units), allIn('active', units));
    } finally {
      await cluster.host(master).reconnect();
    }
    await nodesReady([leaver]);
    assert.deepEqual(await podsOf(leaver), pods);
  });

  test('with --force it leaves without its master, and says what is left to do there', async () => {
    await cluster.host(master).disconnect();
    try {
      const printed = await host().mustExec(['joiner', 'leave', '--force'], { timeoutMs: longMs });
      process.stdout.write(printed);
      for (const words of [`kubectl delete node ${leaver}`, `ca host remove ${leaver}`])
        assert.ok(printed.includes(words), words);
    } finally {
      await cluster.host(master).reconnect();
    }
    await assertAsBefore();
    await eventually('the master', async () => (await listHosts()).some(({ name }) => name === leaver));
  });

  test('the name is taken then: a token that is for nobody in particular does not give it', async () => {
    const { code, stderr } = await joinHost(leaver, await createToken());
    assert.equal(code, 1, stderr);
    assert.match(stderr, /there is a host n2 already/);
    assert.match(stderr, /do: .*make a token for exactly this name/);
  });

  test('with a token for its name it comes again, and its old key is worth nothing', async () => {
    const { code, stderr } = await joinHost(leaver, await createToken('--name', leaver));
    assert.equal(code, 0, stderr);
    await nodesReady([leaver], 5_000);
    const from = new Date().toISOString();
    await assertWorthNothing(first);
    await assertOnTrail(from);
    await stealIdentity(host(), second);
  });

  test('it leaves in order: gone from Kubernetes and from the CA, everything of it revoked', async () => {
    const leftBefore = (await leavings()).length;
    const startedMs = performance.now();
    const printed = await host().mustExec(['joiner', 'leave'], { timeoutMs: longMs });
    process.stdout.write(`${printed}left after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s\n`);
    const { items } = await cluster.get<{ items: readonly { metadata: { name: string } }[] }>(['nodes']);
    assert.ok(!items.some(({ metadata }) => metadata.name === leaver));
    assert.ok(!(await listHosts()).some(({ name }) => name === leaver));
    const issued = (await listIssued(cluster)).filter((certificate) => certificate.host === leaver);
    assert.ok(issued.length > 4, String(issued.length));
    for (const { name, serial, revokedAt } of issued) assert.ok(revokedAt !== undefined, `${name} ${serial}`);
    const left = (await leavings()).slice(leftBefore);
    assert.deepEqual(
      left.map(({ data }) => data.by),
      [leaver],
    );
  });

  test('the host is as it was before it joined', assertAsBefore);

  test('leaving again says that there is nothing to leave', async () => {
    const printed = await host().mustExec(['joiner', 'leave'], { timeoutMs: longMs });
    assert.match(printed, /part of no cluster/);
    await assertAsBefore();
  });

  test('its key can neither renew nor reach the bus, and that is on the audit trail', async () => {
    const from = new Date().toISOString();
    await assertWorthNothing(second);
    await assertOnTrail(from);
  });

  test('it joins again under its name, and the keys that it had stay worth nothing', async () => {
    const { code, stderr } = await joinHost(leaver, await createToken('--name', leaver));
    assert.equal(code, 0, stderr);
    await nodesReady([leaver], 5_000);
    for (const identity of [first, second]) await assertWorthNothing(identity);
    const units = [...nodeUnits, ...nodeComponents];
    assert.deepEqual(await unitStates(leaver, units), allIn('active', units));
  });

  test('a master does not leave, not by force either', async () => {
    for (const words of [[], ['--force']]) {
      const { code, stderr } = await cluster.exec(['joiner', 'leave', ...words]);
      assert.equal(code, 1);
      assert.match(stderr, / is a master/);
    }
    await nodesReady([master, leaver], 5_000);
  });
});

/** What the thief of a key does: renew it, ask what there is, and listen to the bus. */
async function assertWorthNothing(identity: string): Promise<void> {
  const { address } = cluster.host(master);
  const pid = cluster.host('n1').init()?.pid ?? assert.fail('n1 is off');
  const csrDer = await makeCsr(folder, { subject: `/O=easycerts:nodes/CN=${leaver}` });
  const renewal: SignCall = {
    kind: 'sign',
    name: 'host',
    csrBase64: Buffer.from(csrDer).toString('base64'),
    requestId: randomUUID(),
    requestedAtMs: Date.now(),
  };
  const calls = [renewal, { kind: 'list' } as const];
  for (const answer of await callCaFrom({ pid, endpoint: `${address}:7443` }, identity, calls))
    assert.equal(answer.kind === 'refused' ? answer.reason : answer.serial, reason, JSON.stringify(answer));
  const words = ['publish', `easycerts.v1.host.${leaver}.x`, '{}'];
  const published = await natsCommand({ pid, address, identity }, words);
  const said = published.stdout + published.stderr;
  assert.notEqual(published.code, 0, said);
  assert.doesNotMatch(said, /x509/, 'the bus refuses the thief, not the thief the bus');
}

/** Both clocks are the machine's. */
async function assertOnTrail(from: string): Promise<void> {
  await eventually('the audit trail', async () => {
    const trail = (await audit()).filter(({ time }) => time >= from);
    const isOnIt = (type: string, of: string): boolean =>
      trail.some(({ type: is, data }) => is === `easycerts.${type}` && JSON.stringify(data).includes(of));
    return (
      isOnIt('certificate.refused', reason) && isOnIt('call.refused', reason) && isOnIt('bus.refused', `CN=${leaver}`)
    );
  });
}

async function leavings(): Promise<readonly PrintedEvent[]> {
  return (await events()).filter(({ data, type }) => type === 'easycerts.host.left' && data.host === leaver);
}

async function assertAsBefore(): Promise<void> {
  const seen = await hostSnapshot(cluster.host(leaver));
  const expected = cluster.recall<HostSnapshot>(snapshotBefore(leaver));
  for (const [aspect, lines] of Object.entries(expected)) {
    const changes = [
      ...lines.filter((line) => !seen[aspect]?.includes(line)).map((line) => `- ${line}`),
      ...(seen[aspect] ?? []).filter((line) => !lines.includes(line)).map((line) => `+ ${line}`),
    ];
    assert.deepEqual(changes, [], aspect);
  }
}

async function podsOf(node: string): Promise<readonly string[]> {
  const words = ['pods', '--all-namespaces', '--field-selector', `spec.nodeName=${node}`];
  const { items } = await cluster.get<{ items: readonly { metadata: { name: string; uid: string } }[] }>(words);
  return items.map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort();
}
