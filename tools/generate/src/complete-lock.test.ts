import assert from 'node:assert/strict';
import test from 'node:test';
import { completeLock, missingPackages } from './complete-lock.ts';

const packages = {
  '': { name: 'w' },
  'node_modules/biome': {
    version: '2.6.8',
    dev: true,
    optionalDependencies: {
      '@b/cli-darwin-x64': '2.6.8',
      '@b/cli-linux-x64': '2.6.8',
      '@b/cli-linux-x64-musl': '2.6.8',
    },
  },
  'node_modules/@b/cli-linux-x64': { version: '2.6.8', optional: true },
};
const textOf = (all: object): string =>
  `${JSON.stringify({ name: 'w', lockfileVersion: 3, packages: all }, null, 2)}\n`;

test('a package of another system gets an entry that keeps npm from downloading it here', () => {
  const { packages: completed } = JSON.parse(completeLock(textOf(packages)));
  assert.deepEqual(completed['node_modules/@b/cli-darwin-x64'], {
    version: '2.6.8',
    cpu: ['x64'],
    dev: true,
    optional: true,
    os: ['darwin'],
  });
  assert.deepEqual(completed['node_modules/@b/cli-linux-x64-musl']?.libc, ['musl']);
  assert.deepEqual(missingPackages(completed), []);
});

test('everything else stays as it is, in the order of npm', () => {
  const { packages: completed, ...rest } = JSON.parse(completeLock(textOf(packages)));
  assert.deepEqual(rest, { name: 'w', lockfileVersion: 3 });
  assert.deepEqual(Object.keys(completed), [
    '',
    'node_modules/@b/cli-darwin-x64',
    'node_modules/@b/cli-linux-x64',
    'node_modules/@b/cli-linux-x64-musl',
    'node_modules/biome',
  ]);
  for (const [path, entry] of Object.entries(packages)) assert.deepEqual(completed[path], entry);
});

test('a complete lock file is not touched, not even its white space', () => {
  const text = '{"packages": {"": {}}}';
  assert.equal(completeLock(text), text);
});

test('a package that lies deeper down counts', () => {
  const nested = {
    'node_modules/a': { version: '1.0.0', optionalDependencies: { 'x-darwin-x64': '1.0.0' } },
    'node_modules/a/node_modules/x-darwin-x64': { version: '1.0.0' },
  };
  assert.deepEqual(missingPackages(nested), []);
});

const wrong: readonly [name: string, dependency: readonly [string, string], message: RegExp][] = [
  ['one for this system', ['@b/cli-linux-arm64', '2.6.8'], /which this system needs/],
  ['one of which the system is not known', ['fsevents', '2.3.3'], /no entry for fsevents/],
  ['one without an exact version', ['x-darwin-x64', '^1.0.0'], /no entry for x-darwin-x64/],
];

for (const [name, [dependency, version], message] of wrong) {
  test(`no entry is made up for ${name}`, () => {
    const all = { 'node_modules/a': { version: '1.0.0', optionalDependencies: { [dependency]: version } } };
    assert.throws(() => completeLock(textOf(all)), message);
  });
}
