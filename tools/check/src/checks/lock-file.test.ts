import assert from 'node:assert/strict';
import test from 'node:test';
import { lockFileProblems } from './lock-file.ts';

type Json = Record<string, unknown>;
interface Tree {
  root: Json;
  ca: Json;
  packages: Record<string, Json>;
}

function valid(): Tree {
  return {
    root: { name: 'w', devDependencies: { nx: '24.0.6' } },
    ca: { name: '@easycerts/ca', dependencies: { '@easycerts/core': '*', zod: '4.6.7' } },
    packages: {
      '': { devDependencies: { nx: '24.0.6' } },
      'apps/ca': { dependencies: { '@easycerts/core': '*', zod: '4.6.7' } },
      'node_modules/@easycerts/ca': { link: true, resolved: 'apps/ca' },
      'node_modules/zod': { version: '4.6.7', integrity: 'sha512-abc' },
    },
  };
}

function problemsOf(change: (tree: Tree) => void): readonly string[] {
  const { root, ca, packages } = changed(change);
  return lockFileProblems({
    tree: [
      { path: 'package.json', text: JSON.stringify(root) },
      { path: 'apps/ca/package.json', text: JSON.stringify(ca) },
      { path: 'apps/ca/test/package.json', text: '{"dependencies": {"not": "^ours"}}' },
      { path: 'package-lock.json', text: JSON.stringify({ packages }) },
    ],
  });
}

function changed(change: (tree: Tree) => void): Tree {
  const tree = valid();
  change(tree);
  return tree;
}

test('files that agree have no problems', () =>
  assert.deepEqual(
    problemsOf(() => undefined),
    [],
  ));

test('what is never downloaded here needs no hash, what is for this system does', () => {
  const withEntry = (entry: Json) => (tree: Tree) =>
    Object.assign(tree.packages, { 'node_modules/x': { optional: true, ...entry } });
  assert.deepEqual(problemsOf(withEntry({ os: ['darwin'], cpu: ['x64'] })), []);
  assert.deepEqual(problemsOf(withEntry({ os: ['linux'], cpu: ['x64'], libc: ['musl'] })), []);
  assert.match(problemsOf(withEntry({ os: 'linux', cpu: 'x64' })).join(), /node_modules\/x has no sha512/);
  assert.match(problemsOf(withEntry({ os: ['linux'], cpu: ['arm64'], libc: ['glibc'] })).join(), /has no sha512/);
  assert.match(problemsOf(withEntry({})).join(), /has no sha512/);
});

const rows: readonly [name: string, change: (tree: Tree) => void, problem: RegExp][] = [
  [
    'a dependency that the lock file does not have',
    (tree) => delete tree.packages['apps/ca']?.dependencies,
    /zod 4\.6\.7 is missing/,
  ],
  [
    'another version in the lock file',
    (tree) => Object.assign(tree.packages['apps/ca'] ?? {}, { dependencies: { '@easycerts/core': '*', zod: '4.6.6' } }),
    /zod 4\.6\.7 is 4\.6\.6 in/,
  ],
  [
    'a dependency that is gone',
    (tree) => Object.assign(tree.ca, { dependencies: { '@easycerts/core': '*' } }),
    /zod \(gone\) is 4\.6\.7 in/,
  ],
  [
    'a package that the lock file does not know',
    (tree) => delete tree.packages['apps/ca'],
    /apps\/ca\/package\.json: is not in/,
  ],
  [
    'a package that is gone',
    (tree) => Object.assign(tree.packages, { 'apps/old': {} }),
    /apps\/old is no package any more/,
  ],
  [
    'a range',
    (tree) => {
      tree.root.devDependencies = { nx: '^24.0.6' };
      tree.packages[''] = { devDependencies: { nx: '^24.0.6' } };
    },
    /nx \^24\.0\.6 is not an exact version/,
  ],
  [
    'a version for one of ours',
    (tree) => {
      tree.ca.dependencies = { '@easycerts/core': '0.1.0' };
      tree.packages['apps/ca'] = { dependencies: { '@easycerts/core': '0.1.0' } };
    },
    /@easycerts\/core 0\.1\.0 is not an exact version/,
  ],
  [
    'a download that cannot be verified',
    (tree) => delete tree.packages['node_modules/zod']?.integrity,
    /zod has no sha512 integrity/,
  ],
  [
    'a weak hash',
    (tree) => Object.assign(tree.packages['node_modules/zod'] ?? {}, { integrity: 'sha1-abc' }),
    /zod has no sha512/,
  ],
  [
    'an optional package without an entry',
    (tree) =>
      Object.assign(tree.packages['node_modules/zod'] ?? {}, { optionalDependencies: { 'zod-darwin-x64': '1.0.0' } }),
    /no entry for zod-darwin-x64, so npm ci refuses/,
  ],
  [
    'the registry of one machine',
    (tree) => Object.assign(tree.packages['node_modules/zod'] ?? {}, { resolved: 'http://mirror.test/zod.tgz' }),
    /zod names a registry/,
  ],
];

for (const [name, change, problem] of rows) {
  test(`found: ${name}`, () => assert.match(problemsOf(change).join('\n'), problem));
}
