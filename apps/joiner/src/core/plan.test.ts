import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ComponentSpec } from '@easycerts/cluster';
import { specOf } from '../../test/specs.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { Plan, UnitFacts } from './plan.ts';
import { planActions, settleMs } from './plan.ts';

const nowMs = 1_000_000;
const certificates = [
  { name: 'serving', directory: '/s/serving', onLeafChange: 'reload', onBundleChange: 'restart' },
  { name: 'client', directory: '/s/client', onLeafChange: 'none', onBundleChange: 'none' },
] as const;
const files = [{ path: '/config', onChange: 'restart' }] as const;
const before: Fingerprint = {
  unit: 'u1',
  files: { '/config': 'f1' },
  certificates: { serving: { leaf: 'l1', bundle: 'b1' }, client: { leaf: 'l1', bundle: 'b1' } },
};

/** A healthy component that uses everything, and nothing has changed. */
function healthy(unit: string, changes: Partial<UnitFacts> = {}, spec: Partial<ComponentSpec> = {}): UnitFacts {
  return {
    spec: specOf(unit, { certificates, files, reloadSignal: 'SIGHUP', ...spec }),
    isActive: true,
    startGate: undefined,
    isHealthy: true,
    attempt: 'none',
    startedWith: before,
    isStartedSinceChange: false,
    observed: before,
    changedAtMs: nowMs - settleMs,
    hasFailed: false,
    retryAtMs: 0,
    isForced: false,
    ...changes,
  };
}

function stopped(unit: string, changes: Partial<UnitFacts> = {}, spec: Partial<ComponentSpec> = {}): UnitFacts {
  return healthy(unit, { isActive: false, isHealthy: false, startedWith: undefined, ...changes }, spec);
}

function withLeaf(name: 'serving' | 'client', part: 'leaf' | 'bundle' = 'leaf'): Fingerprint {
  return { ...before, certificates: { ...before.certificates, [name]: { leaf: 'l1', bundle: 'b1', [part]: 'new' } } };
}

const otherUnit: Fingerprint = { ...before, unit: 'u2' };
const otherFile: Fingerprint = { ...before, files: { '/config': 'f2' } };

function wordsOf({ actions }: Plan): readonly string[] {
  return actions.map(({ kind, reason, unit }) => `${kind} ${unit}: ${reason}`);
}

describe('one component', () => {
  for (const [rule, facts, expected] of [
    ['is left alone when nothing changed', healthy('a'), []],
    ['is started when it does not run', stopped('a'), ['start a: not-running']],
    ['is not started while its condition does not hold', stopped('a', { startGate: 'no podCIDR' }), []],
    [
      'is left alone when it was started by somebody else after its inputs last changed',
      healthy('a', { startedWith: undefined, isStartedSinceChange: true }),
      ['accept a: not-running'],
    ],
    ['goes on running when its condition no longer holds', healthy('a', { startGate: 'no podCIDR' }), []],
    [
      'is started when it does not run and nobody remembers it',
      stopped('a', { startedWith: before }),
      ['start a: not-running'],
    ],
    ['is left alone while an attempt is under way', stopped('a', { attempt: 'start' }), []],
    ['is restarted when its unit changed', healthy('a', { observed: otherUnit }), ['restart a: unit-changed']],
    [
      'is restarted when a file changed that it reads at its start',
      healthy('a', { observed: otherFile }),
      ['restart a: config-changed'],
    ],
    [
      'is reloaded when a leaf changed that it reads on its signal',
      healthy('a', { observed: withLeaf('serving') }),
      ['reload a: certificate-changed'],
    ],
    [
      'is restarted when a bundle changed that it never reads again',
      healthy('a', { observed: withLeaf('serving', 'bundle') }),
      ['restart a: certificate-changed'],
    ],
    [
      'is left to read by itself what it reads by itself',
      healthy('a', { observed: withLeaf('client') }),
      ['accept a: certificate-changed'],
    ],
    [
      'is restarted instead of reloaded when it has no reload signal',
      healthy('a', { observed: withLeaf('serving'), spec: specOf('a', { certificates }) }),
      ['restart a: certificate-changed'],
    ],
    [
      'is restarted instead of reloaded when it is not well',
      healthy('a', { isHealthy: false, observed: withLeaf('serving') }),
      ['restart a: certificate-changed'],
    ],
    [
      'is restarted when it runs and nobody remembers with what',
      healthy('a', { startedWith: undefined }),
      ['restart a: unit-changed'],
    ],
    ['is restarted by force', healthy('a', { isForced: true }), ['restart a: forced']],
    ['is started by force', stopped('a', { isForced: true, retryAtMs: nowMs + 9_999 }), ['start a: forced']],
    ['that failed is restarted', healthy('a', { hasFailed: true, isHealthy: false }), ['restart a: unhealthy']],
    ['that is not healthy yet is given its time', healthy('a', { isHealthy: false }), []],
    [
      'goes on with what it has when an input has gone',
      healthy('a', { observed: { ...before, files: {}, certificates: {} } }),
      [],
    ],
  ] as const) {
    it(rule, () => assert.deepEqual(wordsOf(planActions([facts], nowMs)), expected));
  }

  it('is restarted once for many changes, for the strongest of them', () => {
    const observed = { ...withLeaf('serving'), unit: 'u1', files: { '/config': 'f2' } };
    const { actions } = planActions([healthy('a', { observed })], nowMs);
    assert.deepEqual(wordsOf({ actions, waiting: new Map(), lookAgainAtMs: undefined }), ['restart a: config-changed']);
    assert.deepEqual(
      actions[0]?.changes.map(({ what }) => what),
      ['/config', 'certificate serving'],
    );
  });
});

describe('waiting', () => {
  it('a component waits for its inputs, by name', () => {
    const facts = stopped('a', {
      observed: { ...before, files: {}, certificates: { client: { leaf: 'l', bundle: 'b' } } },
    });
    const { actions, waiting } = planActions([facts], nowMs);
    assert.deepEqual(actions, []);
    assert.equal(waiting.get('a'), 'certificate serving, file /config');
  });

  for (const [rule, needed] of [
    ['does not run', stopped('a', { attempt: 'start' })],
    ['is not healthy', healthy('a', { isHealthy: false })],
    ['is just being changed', healthy('a', { attempt: 'change' })],
  ] as const) {
    it(`a component waits for one that it needs and that ${rule}`, () => {
      const { actions, waiting } = planActions([needed, stopped('b', {}, { startAfter: ['a'] })], nowMs);
      assert.deepEqual([actions, waiting.get('b')], [[], 'a']);
    });
  }

  it('a component waits for one that this host does not have', () => {
    const { actions, waiting } = planActions([stopped('b', {}, { startAfter: ['etcd'] })], nowMs);
    assert.deepEqual([actions, waiting.get('b')], [[], 'etcd (not on this host)']);
  });

  it('components in a circle wait for ever, and say so; others go on', () => {
    const circle = [stopped('a', {}, { startAfter: ['b'] }), stopped('b', {}, { startAfter: ['a'] }), stopped('c')];
    const plan = planActions(circle, nowMs);
    assert.deepEqual(wordsOf(plan), ['start c: not-running']);
    assert.match(plan.waiting.get('a') ?? '', /circle of a, b/);
  });

  it('a component that failed waits for its time', () => {
    const facts = stopped('a', { hasFailed: true, startedWith: before, retryAtMs: nowMs + 700 });
    const plan = planActions([facts], nowMs);
    assert.deepEqual([plan.actions, plan.lookAgainAtMs], [[], nowMs + 700]);
    assert.deepEqual(wordsOf(planActions([facts], nowMs + 700)), ['start a: not-running']);
  });

  it('a component that failed is tried at once with other inputs', () => {
    const failed = { hasFailed: true, retryAtMs: nowMs + 30_000 };
    assert.deepEqual(
      wordsOf(planActions([stopped('a', { ...failed, startedWith: before, observed: otherFile })], nowMs)),
      ['start a: not-running'],
    );
    assert.deepEqual(
      wordsOf(planActions([healthy('a', { ...failed, isHealthy: false, observed: otherFile })], nowMs)),
      ['restart a: config-changed'],
    );
  });

  it('a running component that failed waits for its time', () => {
    const plan = planActions([healthy('a', { hasFailed: true, isHealthy: false, retryAtMs: nowMs + 5 })], nowMs);
    assert.deepEqual([plan.actions, plan.lookAgainAtMs], [[], nowMs + 5]);
  });

  it('changes wait until inputs have been still for a moment', () => {
    const facts = healthy('a', { observed: otherFile, changedAtMs: nowMs - 1 });
    const plan = planActions([facts], nowMs);
    assert.deepEqual([plan.actions, plan.lookAgainAtMs], [[], nowMs - 1 + settleMs]);
  });

  it('a start does not wait for stillness', () => {
    assert.equal(planActions([stopped('a', { changedAtMs: nowMs })], nowMs).actions.length, 1);
  });

  it('a change waits while something that the component needs is not healthy', () => {
    const units = [healthy('a', { isHealthy: false }), healthy('b', { observed: otherFile }, { startAfter: ['a'] })];
    const plan = planActions(units, nowMs);
    assert.deepEqual([plan.actions, plan.waiting.get('b')], [[], 'a']);
  });
});

describe('several components', () => {
  it('start together, as far as they need nothing of each other', () => {
    const units = [stopped('b'), stopped('a'), stopped('c', {}, { startAfter: ['a'] })];
    assert.deepEqual(wordsOf(planActions(units, nowMs)), ['start a: not-running', 'start b: not-running']);
  });

  it('start as soon as what they need is healthy', () => {
    assert.deepEqual(wordsOf(planActions([healthy('a'), stopped('b', {}, { startAfter: ['a'] })], nowMs)), [
      'start b: not-running',
    ]);
  });

  it('change one at a time, each before what needs it', () => {
    const units = [
      healthy('apiserver', { observed: withLeaf('serving', 'bundle') }, { startAfter: ['etcd'] }),
      healthy('etcd', { observed: withLeaf('serving', 'bundle') }),
      healthy('scheduler', { observed: withLeaf('serving', 'bundle') }),
    ];
    assert.deepEqual(wordsOf(planActions(units, nowMs)), ['restart etcd: certificate-changed']);
  });

  it('do not change while another one changes, even by force', () => {
    for (const changes of [{ observed: otherFile }, { observed: withLeaf('serving') }, { isForced: true }]) {
      assert.deepEqual(planActions([healthy('a', { attempt: 'change' }), healthy('b', changes)], nowMs).actions, []);
    }
  });

  it('accept together what they read by themselves, whatever else changes', () => {
    const units = [
      healthy('a', { attempt: 'change' }),
      healthy('b', { observed: withLeaf('client') }),
      healthy('c', { observed: withLeaf('client') }),
    ];
    assert.deepEqual(wordsOf(planActions(units, nowMs)), [
      'accept b: certificate-changed',
      'accept c: certificate-changed',
    ]);
  });

  it('come up again beside a change', () => {
    const units = [
      healthy('a', { attempt: 'change' }),
      stopped('b'),
      healthy('c', { hasFailed: true, isHealthy: false }),
    ];
    assert.deepEqual(wordsOf(planActions(units, nowMs)), ['start b: not-running', 'restart c: unhealthy']);
  });

  it('change while a component that nobody needs does not come up', () => {
    const units = [stopped('a', { attempt: 'start' }), healthy('b', { observed: otherFile })];
    assert.deepEqual(wordsOf(planActions(units, nowMs)), ['restart b: config-changed']);
  });

  it('get the same plan at the same instant, in whatever order they come', () => {
    const units = [stopped('b'), healthy('a', { observed: otherFile }), stopped('c', {}, { startAfter: ['a'] })];
    assert.deepEqual(planActions(units, nowMs), planActions([...units].reverse(), nowMs));
  });
});
