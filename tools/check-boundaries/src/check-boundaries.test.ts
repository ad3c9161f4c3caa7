import assert from 'node:assert/strict';
import test from 'node:test';
import { checkBoundaries } from './check-boundaries.ts';
import { type Files, makeWorkspace, manifest } from './fixture.ts';

async function violationsWith(changes: Files): Promise<readonly string[]> {
  const { root, remove } = await makeWorkspace(changes);
  try {
    return (await checkBoundaries(root)).map(({ rule, where }) => `${rule} ${where}`);
  } finally {
    await remove();
  }
}

const pure = 'apps/ca/src/core/later.ts';
const inPure = (code: string): Files => ({ [pure]: `${code}\nexport const later = 1;\n` });

test('a workspace that keeps the rules has no violations', async () => {
  assert.deepEqual(await violationsWith({}), []);
});

const layerRows: readonly [name: string, changes: Files, where: string][] = [
  [
    'core imports nothing of ours',
    {
      'libs/shared/core/package.json': manifest('@easycerts/core', 'core', ['@easycerts/certmgr']),
      'libs/shared/core/src/index.ts': "import '@easycerts/certmgr';\n",
      'apps/certmgr/package.json': manifest('@easycerts/certmgr', 'app'),
      'apps/certmgr/src/index.ts': 'export {};\n',
    },
    'libs/shared/core/src/index.ts:1',
  ],
  [
    'a contract does not import an edge, not even its types',
    {
      'libs/shared/pki/package.json': manifest('@easycerts/pki', 'contract', [
        '@easycerts/core',
        '@peculiar/x509',
        '@easycerts/kube-assets',
      ]),
      'libs/shared/pki/src/more.ts':
        "import type { build } from '@easycerts/kube-assets';\nexport type Build = typeof build;\n",
    },
    'libs/shared/pki/src/more.ts:1',
  ],
  [
    'an app does not import another app',
    {
      'apps/ca/package.json': manifest(
        '@easycerts/ca',
        'app',
        ['@easycerts/runtime', '@easycerts/certmgr'],
        ['@easycerts/testing'],
      ),
      'apps/ca/src/more.ts': "\n\nexport { double } from '@easycerts/certmgr';\n",
    },
    'apps/ca/src/more.ts:3',
  ],
  [
    'an app does not import another app lazily',
    {
      'apps/ca/package.json': manifest(
        '@easycerts/ca',
        'app',
        ['@easycerts/runtime', '@easycerts/certmgr'],
        ['@easycerts/testing'],
      ),
      'apps/ca/src/more.ts': "export const load = () => import('@easycerts/certmgr');\n",
    },
    'apps/ca/src/more.ts:1',
  ],
  [
    'an app does not import another app as a type in the middle of a line',
    {
      'apps/ca/package.json': manifest(
        '@easycerts/ca',
        'app',
        ['@easycerts/runtime', '@easycerts/certmgr'],
        ['@easycerts/testing'],
      ),
      'apps/ca/src/more.ts': "export type Double = typeof import('@easycerts/certmgr').double;\n",
    },
    'apps/ca/src/more.ts:1',
  ],
  [
    'production code does not import the test kit',
    {
      'apps/ca/package.json': manifest('@easycerts/ca', 'app', ['@easycerts/runtime', '@easycerts/testing']),
      'apps/ca/src/more.ts': "export { connect } from '@easycerts/testing';\n",
    },
    'apps/ca/src/more.ts:1',
  ],
  [
    'the bundle does not import the test kit',
    {
      'apps/easycerts/package.json': manifest('@easycerts/easycerts', 'bundle', [
        '@easycerts/ca',
        '@easycerts/kube-assets',
        '@easycerts/testing',
      ]),
      'apps/easycerts/src/more.ts': "export { connect } from '@easycerts/testing';\n",
    },
    'apps/easycerts/src/more.ts:1',
  ],
  [
    'the bundle imports no other tool than kube-assets',
    {
      'apps/easycerts/package.json': manifest('@easycerts/easycerts', 'bundle', [
        '@easycerts/ca',
        '@easycerts/kube-assets',
        '@easycerts/other',
      ]),
      'apps/easycerts/src/more.ts': "import '@easycerts/other';\n",
    },
    'apps/easycerts/src/more.ts:1',
  ],
  [
    'no app but the bundle imports kube-assets',
    {
      'apps/certmgr/package.json': manifest('@easycerts/certmgr', 'app', ['@easycerts/core', '@easycerts/kube-assets']),
      'apps/certmgr/src/more.ts': "export { build } from '@easycerts/kube-assets';\n",
    },
    'apps/certmgr/src/more.ts:1',
  ],
  [
    'the end-to-end tests import no app',
    {
      'apps/e2e/package.json': manifest('@easycerts/e2e', 'e2e', ['@easycerts/testing', '@easycerts/ca']),
      'apps/e2e/src/more.ts': "export { later } from '@easycerts/ca';\n",
    },
    'apps/e2e/src/more.ts:1',
  ],
  [
    'a tool imports no app',
    {
      'tools/other/package.json': manifest('@easycerts/other', 'tool', ['@easycerts/certmgr']),
      'tools/other/src/index.ts': "export { double } from '@easycerts/certmgr';\n",
    },
    'tools/other/src/index.ts:1',
  ],
  [
    'a test of an app does not import another app either',
    {
      'apps/ca/package.json': manifest(
        '@easycerts/ca',
        'app',
        ['@easycerts/runtime'],
        ['@easycerts/testing', '@easycerts/certmgr'],
      ),
      'apps/ca/test/both.ts': "export { double } from '@easycerts/certmgr';\n",
    },
    'apps/ca/test/both.ts:1',
  ],
];

for (const [name, changes, where] of layerRows) {
  test(name, async () => assert.deepEqual(await violationsWith(changes), [`layers ${where}`]));
}

const pureRows: readonly [name: string, code: string][] = [
  ['the clock by Date.now', 'export const now = Date.now();'],
  ['the clock by new Date()', 'export const now = new Date();'],
  ['the clock by Date() as a text', 'export const now = Date();'],
  ['the clock by performance', 'export const now = performance.now();'],
  ['randomness by Math', 'export const id = Math.random();'],
  ['randomness by web crypto', 'export const id = crypto.randomUUID();'],
  ['a timer', 'setTimeout(() => {}, 1);'],
  ['a timer handed on', 'export const timers = { setTimeout };'],
  ['a timer as a default', 'export const wait = (after = setTimeout) => after;'],
  ['a timer by a signal', 'export const signal = AbortSignal.timeout(1);'],
  ['the environment', 'export const home = process.env.HOME;'],
  ['the environment around a corner', "export const home = globalThis['process'];"],
  ['the network', "export const get = () => fetch('http://localhost');"],
  ['the terminal', "console.log('x');"],
  ['code loaded later', "export const load = () => import('node:fs');"],
  ['its own place', 'export const here = import.meta.dirname;'],
  ['the file system', "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;"],
  ['the file system exported again', "export { readFileSync } from 'node:fs';"],
  ['child processes', "import * as child from 'node:child_process';\nexport const run = child.spawn;"],
  [
    'randomness by node',
    "import { createHash, randomBytes } from 'node:crypto';\nexport const id = [createHash, randomBytes];",
  ],
  ['all of node:crypto', "import * as crypto from 'node:crypto';\nexport const id = crypto;"],
];

for (const [name, code] of pureRows) {
  test(`a pure file may not touch ${name}`, async () => {
    const found = await violationsWith(inPure(code));
    assert.ok(found.length > 0);
    for (const one of found) assert.match(one, new RegExp(`^pure-folders ${pure}:\\d+$`));
  });
}

const allowedRows: readonly [name: string, code: string][] = [
  [
    'times that are given',
    'export const at = (ms: number, now: Date) => [new Date(ms), Date.UTC(2020, 1), now instanceof Date];',
  ],
  ['types of node', "import type { KeyObject } from 'node:crypto';\nexport type Key = KeyObject;"],
  [
    'hashes',
    "import { createHash, type Hash } from 'node:crypto';\nexport const hash: () => Hash = () => createHash('sha256');",
  ],
  ['paths', "import { join } from 'node:path';\nexport const path = join('a', 'b');"],
  [
    'names that only look alike',
    'export const fetch = 1;\nexport const process = { crypto: fetch };\nexport const a = process.crypto;',
  ],
  ['a parameter of that name', 'export const run = (process: { env: string }) => process.env;'],
  [
    'fields and types of that name',
    'export interface Step { process: Date; setTimeout(): void }\nexport const f = (step: Step) => step.process;',
  ],
  ['words in comments and texts', "// Date.now() and process.env\nexport const text = 'setTimeout(process)';"],
];

for (const [name, code] of allowedRows) {
  test(`a pure file may have ${name}`, async () => assert.deepEqual(await violationsWith(inPure(code)), []));
}

test('the core library is pure as a whole, and a core folder deeper down too', async () => {
  assert.deepEqual(await violationsWith({ 'libs/shared/core/src/more.ts': 'export const now = Date.now();\n' }), [
    'pure-folders libs/shared/core/src/more.ts:1',
  ]);
  assert.deepEqual(await violationsWith({ 'apps/ca/src/policy/core/a.ts': 'export const now = Date.now();\n' }), [
    'pure-folders apps/ca/src/policy/core/a.ts:1',
  ]);
  assert.deepEqual(await violationsWith({ 'apps/ca/src/edge/a.ts': 'export const now = Date.now();\n' }), []);
});

const otherRows: readonly [name: string, changes: Files, expected: readonly string[]][] = [
  [
    'only the engine imports @peculiar/x509, types included',
    { 'libs/shared/pki/src/more.ts': "import type { Name } from '@peculiar/x509';\nexport type N = Name;\n" },
    ['restricted-packages libs/shared/pki/src/more.ts:1'],
  ],
  [
    'only the bus folder imports NATS, tests included',
    { 'libs/shared/runtime/src/more.test.ts': "import '@nats-io/transport-node';\n" },
    ['restricted-packages libs/shared/runtime/src/more.test.ts:1'],
  ],
  [
    'an import that is not declared',
    { 'apps/ca/src/more.ts': "import 'zod';\n" },
    ['declared-dependencies apps/ca/src/more.ts:1'],
  ],
  [
    'what ships is not declared for development only',
    {
      'apps/ca/package.json': manifest('@easycerts/ca', 'app', ['@easycerts/runtime'], ['@easycerts/testing', 'zod']),
      'apps/ca/src/more.ts': "import 'zod/v4';\n",
    },
    ['declared-dependencies apps/ca/src/more.ts:1'],
  ],
  [
    'a declaration that nobody uses',
    { 'apps/certmgr/package.json': manifest('@easycerts/certmgr', 'app', ['@easycerts/core', 'zod']) },
    ['used-dependencies apps/certmgr/package.json'],
  ],
  [
    'an import from the inside of another package',
    { 'apps/certmgr/src/more.ts': "export { double } from '@easycerts/core/src/double.ts';\n" },
    ['doors apps/certmgr/src/more.ts:1'],
  ],
  [
    'a relative path into another package',
    { 'apps/certmgr/src/more.ts': "export { double } from '../../../libs/shared/core/src/double.ts';\n" },
    ['doors apps/certmgr/src/more.ts:1'],
  ],
  [
    'packages that import each other',
    {
      'tools/other/package.json': manifest('@easycerts/other', 'tool', ['@easycerts/kube-assets']),
      'tools/other/src/index.ts': "export type { build } from '@easycerts/kube-assets';\n",
      'tools/kube-assets/package.json': manifest('@easycerts/kube-assets', 'tool', [
        '@easycerts/core',
        '@easycerts/other',
      ]),
      'tools/kube-assets/src/more.ts': "import '@easycerts/other';\n",
    },
    ['package-cycles @easycerts/kube-assets'],
  ],
  [
    'files that import each other',
    {
      'apps/ca/src/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
      'apps/ca/src/b.ts': "import { c } from './c.ts';\nexport const b = () => c;\n",
      'apps/ca/src/c.ts': "import { a } from './a.ts';\nexport const c = () => a;\n",
    },
    ['file-cycles apps/ca/src/a.ts'],
  ],
  [
    'a package without a kind',
    { 'tools/other/package.json': JSON.stringify({ name: '@easycerts/other', nx: { tags: ['scope:x'] } }) },
    ['tagged tools/other/package.json'],
  ],
  [
    'a package of two kinds',
    {
      'tools/other/package.json': JSON.stringify({
        name: '@easycerts/other',
        nx: { tags: ['type:tool', 'type:core'] },
      }),
    },
    ['tagged tools/other/package.json'],
  ],
];

for (const [name, changes, expected] of otherRows) {
  test(`found: ${name}`, async () => assert.deepEqual(await violationsWith(changes), expected));
}

test('files that know only types of each other, or load each other later, are no cycle', async () => {
  const changes = {
    'tools/other/src/a.ts': "export const a = () => import('./b.ts');\n",
    'tools/other/src/b.ts': "import { a } from './a.ts';\nexport const b = a;\n",
    'apps/ca/src/a.ts': "import type { B } from './b.ts';\nexport type A = B | 1;\n",
    'apps/ca/src/b.ts': "import type { A } from './a.ts';\nexport type B = A[];\n",
  };
  assert.deepEqual(await violationsWith(changes), []);
});
