import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { specOf } from '../../test/specs.ts';
import type { Fingerprint } from './fingerprint.ts';
import { changesOf, hashOf, isSameFingerprint, missingInputs, unitHashOf } from './fingerprint.ts';

const spec = specOf('kubelet', {
  argv: ['/bin/kubelet', '--config=/k'],
  env: { PATH: '/bin', A: '1' },
  files: [{ path: '/k', onChange: 'restart' }],
  certificates: [
    { name: 'kubelet-client', directory: '/s/kubelet-client', onLeafChange: 'none', onBundleChange: 'restart' },
  ],
});
const running: Fingerprint = {
  unit: 'u1',
  files: { '/k': 'f1' },
  certificates: { 'kubelet-client': { leaf: 'l1', bundle: 'b1' } },
};

describe('the hash of a packaged unit', () => {
  it('says nothing of the spec, for systemd runs what the package says', () => {
    const packaged = { ...spec, isPackaged: true } as const;
    assert.equal(unitHashOf(packaged), unitHashOf({ ...packaged, argv: ['/bin/other'], user: 'other' }));
    assert.notEqual(unitHashOf(packaged), unitHashOf(spec));
  });
});

describe('changesOf', () => {
  it('is empty when nothing differs', () => {
    assert.deepEqual(changesOf(spec, running, structuredClone(running)), []);
  });

  for (const [rule, observed, expected] of [
    [
      'another unit is restarted',
      { ...running, unit: 'u2' },
      { reason: 'unit-changed', what: 'unit', onChange: 'restart' },
    ],
    [
      'another file acts as its use says',
      { ...running, files: { '/k': 'f2' } },
      { reason: 'config-changed', what: '/k', onChange: 'restart' },
    ],
    [
      'another leaf acts as the leaf',
      { ...running, certificates: { 'kubelet-client': { leaf: 'l2', bundle: 'b1' } } },
      {
        reason: 'certificate-changed',
        certificate: 'kubelet-client',
        what: 'certificate kubelet-client',
        onChange: 'none',
      },
    ],
    [
      'another bundle acts as the bundle',
      { ...running, certificates: { 'kubelet-client': { leaf: 'l1', bundle: 'b2' } } },
      {
        reason: 'certificate-changed',
        certificate: 'kubelet-client',
        what: 'CA bundle of kubelet-client',
        onChange: 'restart',
      },
    ],
  ] as const) {
    it(rule, () => assert.deepEqual(changesOf(spec, running, observed), [expected]));
  }

  it('tells of everything that changed', () => {
    const observed = {
      unit: 'u2',
      files: { '/k': 'f2' },
      certificates: { 'kubelet-client': { leaf: 'l2', bundle: 'b2' } },
    };
    assert.equal(changesOf(spec, running, observed).length, 4);
  });

  it('does not take an input that has gone for a change', () => {
    assert.deepEqual(changesOf(spec, running, { unit: 'u1', files: {}, certificates: {} }), []);
  });

  it('takes an input that the component was started without for a change', () => {
    assert.equal(changesOf(spec, { ...running, files: {} }, running).length, 1);
    assert.equal(changesOf(spec, { ...running, certificates: {} }, running).length, 2);
  });

  it('does not care for what the component no longer uses', () => {
    assert.deepEqual(changesOf(specOf('kubelet'), running, { unit: 'u1', files: {}, certificates: {} }), []);
  });
});

describe('missingInputs', () => {
  it('names every certificate and file that is not there', () => {
    assert.deepEqual(missingInputs(spec, { unit: 'u', files: {}, certificates: {} }), [
      'certificate kubelet-client',
      'file /k',
    ]);
    assert.deepEqual(missingInputs(spec, running), []);
  });
});

describe('unitHashOf', () => {
  for (const [what, changes] of [
    ['an argument', { argv: ['/bin/kubelet', '--config=/other'] }],
    ['the order of arguments', { argv: ['--config=/k', '/bin/kubelet'] }],
    ['where arguments are parted', { argv: ['/bin/kubelet', '--config=', '/k'] }],
    ['the environment', { env: { PATH: '/bin' } }],
    ['the user', { user: 'kubernetes' }],
    ['the group', { group: 'kubernetes' }],
  ] as const) {
    it(`differs with ${what}`, () => assert.notEqual(unitHashOf({ ...spec, ...changes }), unitHashOf(spec)));
  }

  it('does not differ with what the process never sees', () => {
    const changes = {
      description: 'other',
      health: { kind: 'running' },
      startTimeoutMs: 1,
      stopTimeoutMs: 1,
      startAfter: ['x'],
    } as const;
    assert.equal(unitHashOf({ ...spec, ...changes }), unitHashOf(spec));
    assert.equal(unitHashOf({ ...spec, env: { A: '1', PATH: '/bin' } }), unitHashOf(spec));
  });
});

describe('hashOf', () => {
  it('knows where one content ends and the next begins', () => {
    assert.notEqual(hashOf('ab', 'c'), hashOf('a', 'bc'));
    assert.notEqual(hashOf('a'), hashOf('a', ''));
    assert.equal(hashOf('a'), hashOf(new TextEncoder().encode('a')));
  });
});

describe('isSameFingerprint', () => {
  it('does not care for the order of keys', () => {
    const a = { unit: 'u', files: { x: '1', y: '2' }, certificates: {} };
    assert.ok(isSameFingerprint(a, { unit: 'u', files: { y: '2', x: '1' }, certificates: {} }));
    assert.ok(!isSameFingerprint(a, { unit: 'u', files: { x: '1' }, certificates: {} }));
  });
});
