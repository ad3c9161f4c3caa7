import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Candidate, judge, type Requirement, type Verdict } from './judge.ts';

const requirement: Requirement = {
  name: 'kubectl',
  pinned: '1.36.3',
  usable: { kind: 'same-minor' },
  versionArgs: ['version'],
};
const candidate: Candidate = { place: 'path', path: '/x/kubectl', versionText: 'v1.36.1', isStatic: false };

const table: [string, Partial<Candidate>, Partial<Requirement>, Verdict['kind']][] = [
  ['a usable one on PATH is used', {}, {}, 'use'],
  ['a usable one in EASYCERTS_BIN_DIR is used', { place: 'bin-dir' }, {}, 'use'],
  ['a wrong version on PATH is passed over', { versionText: 'v1.32.4' }, {}, 'pass-over'],
  ['a wrong version in EASYCERTS_BIN_DIR is refused', { place: 'bin-dir', versionText: 'v1.32.4' }, {}, 'refuse'],
  ['one that tells no version is passed over', { versionText: '' }, {}, 'pass-over'],
  ['one that tells no version in EASYCERTS_BIN_DIR is refused', { place: 'bin-dir', versionText: '' }, {}, 'refuse'],
  ['what is in the cache is trusted', { place: 'cache', versionText: '' }, { mustBeStatic: true }, 'use'],
  ['a dynamic one for an image is passed over', {}, { mustBeStatic: true }, 'pass-over'],
  ['a dynamic one for an image is refused', { place: 'bin-dir' }, { mustBeStatic: true }, 'refuse'],
  ['a static one for an image is used', { isStatic: true }, { mustBeStatic: true }, 'use'],
  ['a program of our own is not taken from PATH', {}, { isOurs: true }, 'pass-over'],
  ['a program of our own may be in EASYCERTS_BIN_DIR', { place: 'bin-dir' }, { isOurs: true }, 'use'],
];

for (const [name, candidateChange, requirementChange, expected] of table) {
  test(name, () => {
    const verdict = judge({ ...candidate, ...candidateChange }, { ...requirement, ...requirementChange });
    assert.equal(verdict.kind, expected);
  });
}

test('a program that cannot be asked is judged without a version', () => {
  const { versionArgs: _, ...silent } = requirement;
  assert.equal(judge({ ...candidate, versionText: undefined }, { ...silent, usable: { kind: 'any' } }).kind, 'use');
});
