/** Two hundred hosts without kubelets join in one burst: each gets everything, nothing is given twice; then they leave. */

import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { after, before, test } from 'node:test';
import { type Burst, type BurstHost, burstOf } from '../../src/burst.ts';
import { type PrintedEvent, storedEvents } from '../../src/events.ts';
import { type IssuedCertificate, listIssued } from '../../src/issued.ts';
import { step } from '../../src/step.ts';
import { cluster, master, nodes, nodesReady } from './cluster.ts';

const hostCount = 200;
/** What a node has. */
const certificates = ['flannel-client', 'host', 'kube-proxy-client', 'kubelet', 'kubelet-client'];

step('two hundred hosts join at once', cluster, () => {
  let burst: Burst;
  let joined: readonly BurstHost[] = [];
  let issued: readonly IssuedCertificate[] = [];
  let events: readonly PrintedEvent[] = [];
  before(async () => {
    burst = await burstOf(hostCount, cluster, master);
  });
  after(() => burst.remove());

  test('every one of them gets its identity, its document and all its certificates', async () => {
    const token = await cluster.mustExec(['ca', 'token', 'create', '--role', 'node', '--uses', String(hostCount)]);
    const { elapsedMs, hosts } = await burst.join(token);
    process.stdout.write(`${hosts.length} hosts after ${(elapsedMs / 1_000).toFixed(1)} s\n`);
    assert.deepEqual(
      hosts.filter(({ problem }) => problem !== undefined),
      [],
    );
    assert.equal(hosts.length, hostCount);
    for (const { name, report } of hosts) {
      assert.deepEqual(report?.delivered.toSorted(), certificates, name);
    }
    joined = hosts;
    [issued, events] = await Promise.all([listIssued(cluster), storedEvents(cluster)]);
  });

  test('the CA has made them on all processors', { skip: availableParallelism() === 1 }, async () => {
    const pid = '$(systemctl show --property=MainPID --value easycerts-ca)';
    const threads = `grep --no-messages --files-with-matches '^signing' /proc/${pid}/task/*/comm | wc -l`;
    assert.ok(Number(await cluster.host(master).mustExec(['sh', '-c', threads])) > 1);
  });

  test('the ledger has exactly one certificate for each host and name', () => {
    const names = new Set(joined.map(({ name }) => name));
    const listed = issued.filter(({ host }) => names.has(host)).map(({ host, name }) => `${host}/${name}`);
    const wanted = joined.flatMap(({ name }) => certificates.map((certificate) => `${name}/${certificate}`));
    assert.deepEqual(listed.sort(), wanted.sort());
    assert.equal(new Set(issued.map(({ serial }) => serial)).size, issued.length);
  });

  test('each host has joined once, and each certificate was issued once, as the events say', () => {
    const names = joined.map(({ name }) => name);
    assert.deepEqual(hostsOf('host.joined'), names);
    assert.deepEqual(hostsOf('token.used'), names);
    assert.deepEqual(
      hostsOf('certificate.issued'),
      names.flatMap((name) => certificates.map(() => name)),
    );
    const left = events.filter(({ type }) => type === 'easycerts.token.used').map(({ data }) => Number(data.usesLeft));
    assert.deepEqual(
      left.slice(-hostCount),
      names.map((_name, index) => hostCount - 1 - index),
    );
  });

  test('they leave again, all at once, and the nodes that stay are Ready', async () => {
    const { hosts } = await burst.leave();
    assert.deepEqual(
      hosts.filter(({ problem }) => problem !== undefined),
      [],
    );
    events = await storedEvents(cluster);
    assert.deepEqual(
      hostsOf('host.left'),
      joined.map(({ name }) => name),
    );
    await nodesReady(nodes);
  });

  /** Of the hosts of the burst, sorted; a host as often as such an event was stored. */
  function hostsOf(type: string): readonly unknown[] {
    const names = new Set<unknown>(joined.map(({ name }) => name));
    const of = events.filter((event) => event.type === `easycerts.${type}`).map(({ data }) => data.host);
    return of.filter((name) => names.has(name)).sort();
  }
});
