/** A node: configured by what its master wrote on the bus, and by what lies on its disk when there is no bus. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import {
  encodeNodeDocument,
  type HostRecord,
  type NodeDocument,
  nodeDocumentOf,
  type Paths,
  parseClusterConfig,
  pathsUnder,
  resolveCertificates,
} from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import {
  type Bus,
  loadAcceptedConfig,
  type RunningService,
  readAppliedConfig,
  readReceivedDigest,
  systemClock,
  type Users,
  writeReceivedDocument,
} from '@easycerts/runtime';
import {
  type RecordingPublisher,
  recordingPublisher,
  silentLogger,
  startTestBus,
  type TemporaryDirectory,
  type TestBus,
  temporaryDirectory,
} from '@easycerts/testing';
import { applyPlan, type HostRendererOptions, planHost } from '../src/edge/host-renderer.ts';
import { startConfigRenderer } from '../src/start-config-renderer.ts';
import { until } from './cluster-on-bus.ts';

// These tests are about content; owners are tested with the writer itself.
const noUsers: Users = { idsOf: () => undefined };
const record: HostRecord = { name: 'n1', roles: ['node'], addresses: ['192.0.2.11', '192.0.2.12'] };
const master = (more = '') => parseClusterConfig(`roles: [master]\nmasterAddress: 192.0.2.1\n${more}`, 'cluster.yaml');
const document = (maxPods: number, host = record): NodeDocument =>
  nodeDocumentOf(master(`kubelet: {extraConfig: {maxPods: ${maxPods}}}`), host);

let testBus: TestBus;
let m1: Bus;
let place: TemporaryDirectory;
let paths: Paths;
let options: HostRendererOptions;
let events: RecordingPublisher;
const running: RunningService[] = [];

before(async () => {
  testBus = await startTestBus();
  m1 = await testBus.connect('m1', 'master');
});
after(() => testBus?.close());
beforeEach(async () => {
  place = await temporaryDirectory();
  paths = pathsUnder(place.path);
  options = { paths, configFile: paths.clusterFile, users: noUsers };
  events = recordingPublisher({ host: 'n1', service: 'config-renderer' });
  await mkdir(join(place.path, 'etc/easycerts'), { recursive: true });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.close()));
  await place.remove();
});

const receive = (given: NodeDocument) => writeReceivedDocument(paths, given, noUsers);
const putOnBus = async (value: string): Promise<void> => {
  await (await m1.bucket('hosts')).put('n1.config', Buffer.from(value));
};
const maxPods = async (): Promise<string | undefined> =>
  /maxPods: (\d+)/.exec(await readFile(`${paths.kubernetes}/kubelet.yaml`, 'utf8').catch(() => ''))?.[1];

async function start(bus?: Bus): Promise<RunningService> {
  const context = { clock: systemClock, logger: silentLogger(), random: Math.random, events };
  const service = await startConfigRenderer(bus === undefined ? context : { ...context, bus }, options);
  running.push(service);
  return service;
}

const withoutRoot = process.getuid?.() === 0 ? {} : { skip: 'the kubelet needs root' };

describe('a host that has joined', withoutRoot, () => {
  test('asks for exactly the certificates that the CA grants it, whatever its own addresses are', async () => {
    await receive(document(1));
    const { desired } = await planHost(options);
    assert.equal(desired.host.name, 'n1');
    assert.deepEqual(desired.host.addresses, record.addresses);
    assert.deepEqual(desired.certificates, resolveCertificates(master(), record, paths));
  });

  test('uses the address that node.yaml chooses among those the master knows, and no other', async () => {
    await receive(document(1));
    await writeFile(paths.nodeFile, 'kubelet: {nodeIp: 192.0.2.12}\n');
    const { desired } = await planHost(options);
    const kubelet = desired.components.find(({ component }) => component === 'kubelet');
    assert.ok(kubelet?.argv.includes('--node-ip=192.0.2.12'));
    assert.ok(desired.components.find(({ component }) => component === 'flannel')?.argv.includes('--iface=192.0.2.12'));
    assert.deepEqual(desired.certificates, resolveCertificates(master(), record, paths));
    await writeFile(paths.nodeFile, 'kubelet: {nodeIp: 192.0.2.99}\n');
    await assert.rejects(
      planHost(options),
      (error) => isAppError(error, 'INVALID_CONFIG') && /kubelet\.nodeIp.*--address 192\.0\.2\.99/.test(error.message),
    );
  });

  test('keeps copies from which every daemon starts while node.yaml has a mistake', async () => {
    await receive(document(7));
    await writeFile(paths.nodeFile, 'kubelet: {nodeLabels: {disk: ssd}}\n');
    await applyPlan(await planHost(options), options);
    await writeFile(paths.nodeFile, 'masterAddress: evil.example\n');
    const mistakes: string[] = [];
    const accepted = await loadAcceptedConfig(paths.clusterFile, (error) => mistakes.push(error.message));
    assert.deepEqual(
      [accepted.kubelet.nodeLabels, accepted.kubelet.extraConfig, accepted.masterAddress],
      [{ disk: 'ssd' }, { maxPods: 7 }, '192.0.2.1'],
    );
    assert.equal(mistakes.length, 1);
    await rm(paths.receivedConfig);
    await assert.rejects(planHost(options), (error) => isAppError(error, 'INVALID_CONFIG'));
  });

  test('is told when its record is missing', async () => {
    await receive(document(1));
    await rm(paths.receivedHost);
    await assert.rejects(
      planHost(options),
      (error) => isAppError(error, 'FAILED_PRECONDITION') && /join again/.test(error.details.cure ?? ''),
    );
  });
});

describe('without the bus', withoutRoot, () => {
  test('a node is configured from disk, and notes what it follows', async () => {
    await receive(document(3));
    await start();
    assert.equal(await maxPods(), '3');
    assert.equal(readAppliedConfig(paths)?.digest, document(3).digest);
    assert.equal(readAppliedConfig(paths)?.revision, undefined);
  });

  test('what a new enrolment leaves on disk is applied', async () => {
    await receive(document(3));
    await start(await testBus.connect('n2', 'node'));
    await receive(document(4));
    await until(() => readAppliedConfig(paths)?.digest === document(4).digest, 'it is applied');
    assert.equal(await maxPods(), '4');
  });

  test('a node that starts while its document is only half written goes on with it, and does not call it applied', async () => {
    await receive(document(3));
    await writeFile(paths.receivedConfig, document(4).cluster);
    await start();
    assert.equal(await maxPods(), '4');
    assert.equal(readAppliedConfig(paths), undefined);
  });
});

describe('over the bus', withoutRoot, () => {
  test('a node is configured with what was written while it was away, and with each change', async () => {
    await receive(document(1));
    await putOnBus(encodeNodeDocument(document(2)));
    await start(await testBus.connect('n1', 'node'));
    await until(async () => (await maxPods()) === '2', 'the first');
    await putOnBus(encodeNodeDocument(document(3), { rollout: '2020-01-01T12:00:00.000Z' }));
    await until(async () => readAppliedConfig(paths)?.digest === document(3).digest, 'the second');
    assert.equal(await maxPods(), '3');
    assert.equal(await readReceivedDigest(paths), document(3).digest);
  });

  test('the same document, given anew, is noted anew', async () => {
    await receive(document(1));
    await putOnBus(encodeNodeDocument(document(2)));
    await start(await testBus.connect('n1', 'node'));
    await until(() => readAppliedConfig(paths)?.digest === document(2).digest, 'the first');
    const first = readAppliedConfig(paths);
    await putOnBus(encodeNodeDocument(document(2)));
    await until(() => readAppliedConfig(paths)?.revision !== first?.revision, 'the second');
    assert.notEqual(readAppliedConfig(paths)?.appliedAt, first?.appliedAt);
  });

  const wrong: readonly [string, () => string, RegExp][] = [
    ['that is no document', () => '{"version":1', /read the node document/],
    ['for another host', () => encodeNodeDocument(document(9, { ...record, name: 'n2' })), /another host/],
    [
      'that was changed on the way',
      () => encodeNodeDocument(document(9)).replace('maxPods: 9', 'maxPods: 8'),
      /digest/,
    ],
    [
      'that this version does not understand',
      () => encodeNodeDocument(nodeDocumentAs('roles: [node]\nmasterAddress: 192.0.2.1\nqueen: {enable: true}\n')),
      /unknown|queen/,
    ],
    [
      'with a master that this host cannot find',
      () => encodeNodeDocument(nodeDocumentAs('roles: [node]\nmasterAddress: no-such-host.invalid\n')),
      /does not resolve/,
    ],
    [
      'without the address that node.yaml has chosen',
      () => encodeNodeDocument(document(9, { ...record, addresses: ['192.0.2.77'] })),
      /not an address by which the master knows/,
    ],
  ];
  for (const [what, value, message] of wrong) {
    test(`a document ${what} is rejected once, and everything stays`, async () => {
      await receive(document(1));
      await writeFile(paths.nodeFile, 'kubelet: {nodeIp: 192.0.2.11}\n');
      await putOnBus(encodeNodeDocument(document(2)));
      await start(await testBus.connect('n1', 'node'));
      await until(() => readAppliedConfig(paths)?.digest === document(2).digest, 'a good one');
      const received = await readFile(paths.receivedHost, 'utf8');
      await putOnBus(value());
      await until(() => events.ofType('config.rejected').length > 0, 'the rejection');
      // Something else is looked at afterwards, from what was there before.
      await writeFile(paths.nodeFile, 'kubelet: {nodeIp: 192.0.2.11, nodeLabels: {after: rejection}}\n');
      const unit = `${paths.componentSpecs}/kubelet.json`;
      await until(async () => (await readFile(unit, 'utf8')).includes('after=rejection'), 'node.yaml is applied');
      const [rejection, ...more] = events.ofType('config.rejected');
      assert.match(rejection?.data.problems[0]?.message ?? '', message);
      assert.equal(more.length, 0);
      assert.deepEqual([await maxPods(), await readFile(paths.receivedHost, 'utf8')], ['2', received]);
      assert.equal(readAppliedConfig(paths)?.digest, document(2).digest);
      await putOnBus(encodeNodeDocument(document(5)));
      await until(async () => (await maxPods()) === '5', 'a good one is taken again');
    });
  }

  test('a document of the same mistake is rejected anew, so that whoever gave it learns of it', async () => {
    await receive(document(1));
    const bad = encodeNodeDocument(nodeDocumentAs('roles: [node]\nmasterAddress: 192.0.2.1\nqueen: 1\n'));
    await putOnBus(bad);
    await start(await testBus.connect('n1', 'node'));
    await until(() => events.ofType('config.rejected').length === 1, 'the first');
    await putOnBus(bad);
    await until(() => events.ofType('config.rejected').length === 2, 'the second');
    const [first, second] = events.ofType('config.rejected');
    assert.notEqual(first?.id, second?.id);
  });
});

/** A document with any text for its configuration, as a newer master might write it. */
function nodeDocumentAs(cluster: string): NodeDocument {
  const given = document(1);
  return { ...given, cluster, digest: digestAs(cluster) };
}

function digestAs(cluster: string): string {
  const hash = createHash('sha256').update(`${cluster.length}:`).update(cluster);
  return hash
    .update(JSON.stringify([record.name, record.roles, record.addresses]))
    .digest('hex')
    .slice(0, 32);
}
