import assert from 'node:assert/strict';
import { test } from 'node:test';
import { specOf } from '../../test/specs.ts';
import { isConfigured } from './is-configured.ts';
import type { UnitFacts } from './plan.ts';

const print = { unit: 'u1', files: { '/etc/a.yaml': 'f1' }, certificates: { c: { leaf: 'l1', bundle: 'b1' } } };
const spec = specOf('a', {
  files: [{ path: '/etc/a.yaml', onChange: 'restart' }],
  certificates: [{ name: 'c', directory: '/c', onLeafChange: 'none', onBundleChange: 'restart' }],
});
const good: UnitFacts = {
  spec,
  isActive: true,
  startGate: undefined,
  isHealthy: true,
  attempt: 'none',
  startedWith: print,
  isStartedSinceChange: false,
  observed: print,
  changedAtMs: 0,
  hasFailed: false,
  retryAtMs: 0,
  isForced: false,
};

const rows: readonly [string, readonly UnitFacts[], boolean][] = [
  ['no components', [], false],
  ['a healthy component with its present files', [good], true],
  ['one that is not healthy', [good, { ...good, isHealthy: false }], false],
  ['one that is being started', [{ ...good, attempt: 'start' }], false],
  ['one that is being changed', [{ ...good, attempt: 'change' }], false],
  ['one that is to be restarted', [{ ...good, isForced: true }], false],
  ['another file', [{ ...good, observed: { ...print, files: { '/etc/a.yaml': 'f2' } } }], false],
  ['another unit', [{ ...good, observed: { ...print, unit: 'u2' } }], false],
  [
    'another certificate',
    [{ ...good, observed: { ...print, certificates: { c: { leaf: 'l2', bundle: 'b1' } } } }],
    false,
  ],
  ['a file that it never had', [{ ...good, startedWith: { ...print, files: {} } }], false],
  ['one that nobody remembers starting', [{ ...good, startedWith: undefined }], false],
  ['a service that systemd has started since', [{ ...good, startedWith: undefined, isStartedSinceChange: true }], true],
];
for (const [what, units, expected] of rows) {
  test(`${what}: the host is ${expected ? '' : 'not '}configured`, () => assert.equal(isConfigured(units), expected));
}
