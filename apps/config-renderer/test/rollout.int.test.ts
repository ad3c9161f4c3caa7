/** Documents for nodes over a real bus, where nodes have the rights of nodes. */

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ClusterOnBus, configWith, until, wantedOf } from './cluster-on-bus.ts';

const [v1, v2, v3] = [configWith(1), configWith(2), configWith(3)];
let cluster: ClusterOnBus;
beforeEach(async () => {
  cluster = await ClusterOnBus.start();
});
afterEach(() => cluster?.close());

/** Nodes that have had v1 from the beginning, and a coordinator. */
async function running(names: readonly string[], awayAfterMs?: number) {
  for (const name of names) await cluster.register(name);
  const nodes = await Promise.all(names.map((name) => cluster.node(name)));
  const coordinator = await cluster.coordinate(v1, awayAfterMs);
  for (const name of names) await cluster.given(name, v1);
  return { coordinator, nodes };
}

describe('a host that has joined', () => {
  test('finds its document, and so does the next one; masters and revoked hosts find none', async () => {
    await cluster.register('m1', { roles: ['master'] });
    await cluster.register('n3', { revoked: true });
    const { nodes } = await running(['n1']);
    await until(() => nodes[0]?.seen.at(-1) === wantedOf('n1', v1).digest, 'n1 fetches it');
    await cluster.register('n2');
    await cluster.given('n2', v1);
    assert.deepEqual([await cluster.document('m1'), await cluster.document('n3')], [undefined, undefined]);
    assert.deepEqual(await cluster.told('rollout.started'), []);
  });

  test('and has left loses it', async () => {
    await running(['n1', 'n2', 'n3']);
    await cluster.unregister('n1');
    await cluster.register('n2', { revoked: true });
    for (const name of ['n1', 'n2']) {
      await until(async () => (await cluster.document(name)) === undefined, `${name} loses its document`);
    }
    assert.ok(await cluster.document('n3'));
  });

  test('keeps its document when its record is damaged', async () => {
    const { coordinator } = await running(['n1', 'n2']);
    await (await cluster.master.bucket('hosts')).put('n1.record', Buffer.from('{'));
    await until(() => coordinator.logged().includes('a record of the register is damaged'), 'the damage is seen');
    await cluster.unregister('n2');
    await until(async () => (await cluster.document('n2')) === undefined, 'n2 loses its document');
    assert.ok(await cluster.document('n1'));
  });
});

describe('a changed configuration', () => {
  test('goes to one host at a time, by name, and the next has it only when the last is configured', async () => {
    const { coordinator, nodes } = await running(['n1', 'n2', 'n3']);
    coordinator.setConfig(v2);
    for (const [index, name] of ['n1', 'n2', 'n3'].entries()) {
      await cluster.given(name, v2);
      await until(() => nodes[index]?.seen.at(-1) === wantedOf(name, v2).digest, `${name} fetches it`);
      for (const later of ['n1', 'n2', 'n3'].slice(index + 1)) await cluster.hasNot(later, v2);
      nodes[index]?.configured();
    }
    await until(async () => (await cluster.told('rollout.finished')).length === 1, 'the end');
    const [[started], [finished]] = [await cluster.told('rollout.started'), await cluster.told('rollout.finished')];
    assert.deepEqual(started?.data.hosts, ['n1', 'n2', 'n3']);
    assert.deepEqual([finished?.data.hosts, finished?.data.away], [['n1', 'n2', 'n3'], []]);
  });

  test('waits for the host itself: what another says, and what it says of something else, counts for nothing', async () => {
    const { coordinator, nodes } = await running(['n1', 'n2']);
    const [n1, n2] = nodes;
    coordinator.setConfig(v2);
    await cluster.given('n1', v2);
    n2?.configured(wantedOf('n1', v2).digest);
    n1?.configured(wantedOf('n1', v1).digest);
    n1?.configured(wantedOf('n2', v2).digest);
    await Promise.all(nodes.map(({ bus }) => bus.events.flush(5_000)));
    // Somebody whom the coordinator has to look for has joined after all that was said.
    await cluster.register('n3');
    await cluster.given('n3', v2);
    await cluster.hasNot('n2', v2);
    n1?.configured(wantedOf('n1', v2).digest);
    await cluster.given('n2', v2);
  });

  test('pauses at a host that is not well, is told once, and goes on when the host is', async () => {
    const { coordinator, nodes } = await running(['n1', 'n2']);
    coordinator.setConfig(v2);
    await cluster.given('n1', v2);
    for (let times = 0; times < 3; times += 1) nodes[0]?.failed();
    await until(async () => (await cluster.told('rollout.paused')).length > 0, 'the pause');
    await cluster.register('n3');
    await cluster.given('n3', v2);
    await cluster.hasNot('n2', v2);
    const paused = await cluster.told('rollout.paused');
    assert.deepEqual(
      paused.map(({ data }) => data),
      [{ host: 'n1', digest: wantedOf('n1', v2).digest, message: 'kubelet: not healthy' }],
    );
    nodes[0]?.configured(wantedOf('n1', v2).digest);
    await cluster.given('n2', v2);
    assert.equal((await cluster.told('rollout.finished')).length, 0);
  });

  test('that is mended meanwhile goes to the host that is not well first, and takes the place of the other rollout', async () => {
    const { coordinator, nodes } = await running(['n1', 'n2']);
    const [n1, n2] = nodes;
    coordinator.setConfig(v2);
    await cluster.given('n1', v2);
    n1?.configured(wantedOf('n1', v2).digest);
    await cluster.given('n2', v2);
    n2?.failed();
    await until(async () => (await cluster.told('rollout.paused')).length > 0, 'the pause');
    coordinator.setConfig(v3);
    await cluster.given('n2', v3);
    await cluster.hasNot('n1', v3);
    n2?.configured(wantedOf('n2', v3).digest);
    await cluster.given('n1', v3);
    n1?.configured(wantedOf('n1', v3).digest);
    await until(async () => (await cluster.told('rollout.finished')).length === 1, 'the end');
    const started = await cluster.told('rollout.started');
    assert.equal(started.length, 2);
    assert.equal(
      (await cluster.told('rollout.finished'))[0]?.id.slice('rollout.finished'.length),
      started[1]?.id.slice('rollout.started'.length),
    );
  });

  test('passes over a host that says nothing, whose document waits for it', async () => {
    const { coordinator, nodes } = await running(['n1', 'n2'], 700);
    coordinator.setConfig(v2);
    await cluster.given('n1', v2);
    await cluster.given('n2', v2);
    nodes[1]?.configured(wantedOf('n2', v2).digest);
    await until(async () => (await cluster.told('rollout.finished')).length === 1, 'the end');
    const [finished] = await cluster.told('rollout.finished');
    assert.deepEqual([finished?.data.hosts, finished?.data.away], [['n2'], ['n1']]);
    const back = await cluster.node('n1');
    await until(() => back.seen.at(-1) === wantedOf('n1', v2).digest, 'n1 is back and finds it');
  });

  test('back and forth within a moment ends where it began, with everybody settled', async () => {
    const { coordinator, nodes } = await running(['n1', 'n2']);
    coordinator.setConfig(v2);
    await cluster.given('n1', v2);
    coordinator.setConfig(v1);
    await cluster.given('n1', v1);
    await cluster.hasNot('n2', v2);
    nodes[0]?.configured(wantedOf('n1', v1).digest);
    await until(async () => (await cluster.told('rollout.finished')).length === 1, 'the end');
    assert.deepEqual((await cluster.told('rollout.finished'))[0]?.data.hosts, ['n1']);
  });
});

describe('a coordinator that ends in the middle', () => {
  test('is taken over from by the next: nobody is given anything twice, nothing is told twice', async () => {
    const { coordinator, nodes } = await running(['n1', 'n2', 'n3']);
    coordinator.setConfig(v2);
    await cluster.given('n1', v2);
    await until(async () => (await cluster.told('rollout.started')).length === 1, 'the beginning');
    await coordinator.close();
    const bucket = await cluster.master.bucket('hosts');
    const revision = (await bucket.get('n1.config'))?.revision;
    nodes[0]?.configured(wantedOf('n1', v2).digest);
    await nodes[0]?.bus.events.flush(5_000);
    await cluster.hasNot('n2', v2);
    const second = await cluster.coordinate(v2);
    await cluster.given('n2', v2);
    await second.close();
    nodes[1]?.failed();
    await nodes[1]?.bus.events.flush(5_000);
    const third = await cluster.coordinate(v2);
    await until(async () => (await cluster.told('rollout.paused')).length === 1, 'the pause');
    await cluster.hasNot('n3', v2);
    nodes[1]?.configured(wantedOf('n2', v2).digest);
    await cluster.given('n3', v2);
    nodes[2]?.configured(wantedOf('n3', v2).digest);
    await until(async () => (await cluster.told('rollout.finished')).length === 1, 'the end');
    await third.close();
    await cluster.coordinate(v2);
    await cluster.register('n4');
    await cluster.given('n4', v2);
    assert.equal((await bucket.get('n1.config'))?.revision, revision);
    for (const type of ['rollout.started', 'rollout.paused', 'rollout.finished'] as const) {
      assert.equal((await cluster.told(type)).length, 1, type);
    }
    assert.deepEqual((await cluster.told('rollout.finished'))[0]?.data.hosts, ['n1', 'n2', 'n3']);
  });

  test('two at once harm nobody', async () => {
    const { coordinator, nodes } = await running(['n1', 'n2']);
    const other = await cluster.coordinate(v1);
    for (const each of [coordinator, other]) each.setConfig(v2);
    await cluster.given('n1', v2);
    await cluster.hasNot('n2', v2);
    nodes[0]?.configured(wantedOf('n1', v2).digest);
    await cluster.given('n2', v2);
    nodes[1]?.configured(wantedOf('n2', v2).digest);
    await until(async () => (await cluster.told('rollout.finished')).length > 0, 'the end');
  });
});
