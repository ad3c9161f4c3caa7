import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideRollout, newsId, type RolloutFacts, type RolloutHost, type WrittenDocument } from './rollout.ts';

const now = new Date('2020-01-01T12:00:00.000Z');
const awayAfterMs = 120_000;
const began = '2020-01-01T11:59:00.000Z';
const before = '2020-01-01T10:00:00.000Z';
const finished = (rollout: string): string => newsId({ type: 'rollout.finished', subject: 'cluster', key: rollout });
const started = newsId({ type: 'rollout.started', subject: 'cluster', key: began });

const old: WrittenDocument = { digest: 'v1', revision: 10, writtenAtMs: now.getTime() - 3_600_000 };
const fresh: WrittenDocument = { digest: 'v2', revision: 20, writtenAtMs: now.getTime() - 10_000, rollout: began };
const configured = { kind: 'configured' } as const;
const failed = { kind: 'failed', message: 'kubelet: not healthy after 60s' } as const;

/** A host that should have v2. */
const host = (name: string, given: Partial<RolloutHost> = {}): RolloutHost => ({ host: name, wanted: 'v2', ...given });
const outdated = (name: string): RolloutHost => host(name, { document: old });
const changing = (name: string): RolloutHost => host(name, { document: fresh });
const done = (name: string): RolloutHost => host(name, { document: fresh, report: configured });
const broken = (name: string): RolloutHost => host(name, { document: fresh, report: failed });
const away = (name: string): RolloutHost =>
  host(name, { document: { ...fresh, writtenAtMs: now.getTime() - awayAfterMs } });

const decide = (hosts: readonly RolloutHost[], given: Partial<RolloutFacts> = {}) =>
  decideRollout({ hosts, now, awayAfterMs, told: new Set(), ...given });

describe('who gets a document', () => {
  const rows: readonly [string, readonly RolloutHost[], { first?: string[]; next?: string | undefined }][] = [
    ['nobody, where everybody has theirs', [host('n1', { document: { ...old, digest: 'v2' } })], {}],
    ['hosts without one, at once and all of them', [host('n2'), host('n1')], { first: ['n1', 'n2'] }],
    ['of those with an older one the first by name', [outdated('n2'), outdated('n1')], { next: 'n1' }],
    ['nobody else while the first changes', [changing('n1'), outdated('n2')], {}],
    ['the next, once the first is configured', [done('n1'), outdated('n2')], { next: 'n2' }],
    ['nobody else while the first is not well', [broken('n1'), outdated('n2')], {}],
    ['the next, when the first says nothing for too long', [away('n1'), outdated('n2')], { next: 'n2' }],
    ['a host that joins meanwhile, at once', [changing('n1'), host('n2'), outdated('n3')], { first: ['n2'] }],
    [
      'the next, although a host that has just joined is not up yet',
      [host('n1', { document: { ...old, digest: 'v2', writtenAtMs: now.getTime() } }), outdated('n2')],
      { next: 'n2' },
    ],
    [
      'the host in change, when something newer comes meanwhile, before those that have been changed',
      [
        host('n1', { document: { ...fresh, digest: 'v1b' }, report: configured }),
        host('n2', { document: { ...fresh, digest: 'v1b' } }),
      ],
      { next: 'n2' },
    ],
    [
      'the host that is not well, when something newer comes: it may be the cure',
      [outdated('n1'), host('n2', { document: { ...fresh, digest: 'v1b' }, report: failed })],
      { next: 'n2' },
    ],
    [
      'those that were away last of all',
      [host('n1', { document: { ...old, rollout: before } }), outdated('n2')],
      { next: 'n2' },
    ],
    [
      'those that were away, when nobody else is left',
      [host('n1', { document: { ...old, rollout: before } }), done('n2')],
      { next: 'n1' },
    ],
  ];
  for (const [name, hosts, { first = [], next }] of rows) {
    test(name, () => {
      const decision = decide(hosts);
      assert.deepEqual([decision.first, decision.next?.host], [first, next]);
    });
  }

  test('at the revision that was seen, as part of the rollout that is under way', () => {
    assert.deepEqual(decide([done('n1'), outdated('n2')]).next, { host: 'n2', revision: 10, rollout: began });
  });

  test('the first one of a rollout begins it', () => {
    assert.equal(decide([outdated('n1')]).next?.rollout, now.toISOString());
    const isOver = new Set([finished(began)]);
    assert.equal(decide([done('n1'), outdated('n2')], { told: isOver }).next?.rollout, now.toISOString());
  });

  test('what is newer than a rollout begins another one', () => {
    const hosts = [
      host('n1', { wanted: 'v3', document: fresh, report: configured }),
      host('n2', { wanted: 'v3', document: old }),
    ];
    assert.equal(decide(hosts).next?.rollout, now.toISOString());
  });

  test('a host that was away when its rollout ended, and is not well, holds up no later one', () => {
    const stray = host('n9', { document: { ...fresh, rollout: before }, report: failed });
    const told = new Set([finished(before)]);
    assert.equal(decide([stray, outdated('n1')], { told }).next?.host, 'n1');
    assert.equal(decide([stray, outdated('n1')]).next, undefined, 'as long as its own has not ended, it does');
  });

  test('a rollout that nobody has seen the end of is over one day', () => {
    const ancient = '2019-11-01T00:00:00.000Z';
    const relic = host('n1', {
      document: { ...fresh, rollout: ancient, writtenAtMs: Date.parse(ancient) },
      report: configured,
    });
    assert.deepEqual(decide([relic]).news, []);
    assert.equal(decide([relic, outdated('n2')]).next?.rollout, now.toISOString());
  });

  test('it is looked again when the host in change counts as away', () => {
    assert.equal(decide([changing('n1'), outdated('n2')]).lookAgainAtMs, fresh.writtenAtMs + awayAfterMs);
    assert.equal(decide([done('n1')]).lookAgainAtMs, undefined);
  });
});

describe('what is told', () => {
  const told = new Set([started]);

  test('of the beginning, once there is one, with everybody concerned', () => {
    assert.deepEqual(decide([outdated('n1')]).news, []);
    assert.deepEqual(
      decide([changing('n1'), outdated('n2'), host('n3', { document: { ...old, digest: 'v2' } })]).news,
      [{ type: 'rollout.started', subject: 'cluster', key: began, hosts: ['n1', 'n2'] }],
    );
  });

  test('of a host that is not well, by name, and not twice', () => {
    const [news, ...more] = decide([broken('n1'), outdated('n2')], { told }).news;
    assert.deepEqual(news, {
      type: 'rollout.paused',
      subject: 'n1',
      key: `${began}/20`,
      digest: 'v2',
      message: failed.message,
    });
    assert.equal(more.length, 0);
    assert.ok(news !== undefined);
    assert.deepEqual(decide([broken('n1'), outdated('n2')], { told: new Set([started, newsId(news)]) }).news, []);
  });

  test('of the last host that is not well, too: that is no end', () => {
    assert.deepEqual(
      decide([done('n1'), broken('n2')], { told }).news.map(({ type }) => type),
      ['rollout.paused'],
    );
  });

  test('of the end, when everybody has it, with those that were away', () => {
    assert.deepEqual(decide([done('n1'), changing('n2')], { told }).news, []);
    assert.deepEqual(decide([done('n1'), away('n2')], { told }).news, [
      { type: 'rollout.finished', subject: 'cluster', key: began, hosts: ['n1'], away: ['n2'], durationMs: 60_000 },
    ]);
  });

  test('nothing of a rollout whose end has been told, whatever happens to its hosts later', () => {
    assert.deepEqual(
      decide([done('n1'), broken('n2'), away('n3')], { told: new Set([started, finished(began)]) }).news,
      [],
    );
  });

  test('nothing of hosts that are gone', () => {
    assert.deepEqual(decide([], { told }), { first: [], news: [] });
  });
});

test('one host after the other, whatever the number and the order in which they are named', () => {
  const names = Array.from({ length: 12 }, (_, index) => `n${String(index).padStart(2, '0')}`);
  let hosts = [...names].reverse().map(outdated);
  const order: string[] = [];
  while (order.length < names.length) {
    const { next } = decide(hosts);
    assert.ok(next !== undefined);
    order.push(next.host);
    hosts = hosts.map((each) => (each.host === next.host ? changing(each.host) : each));
    assert.equal(decide(hosts).next, undefined, 'nobody else meanwhile');
    hosts = hosts.map((each) => (each.host === next.host ? done(each.host) : each));
  }
  assert.deepEqual(order, names);
  assert.equal(decide(hosts).news.at(-1)?.type, 'rollout.finished');
});
