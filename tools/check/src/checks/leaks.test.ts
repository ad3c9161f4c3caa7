import assert from 'node:assert/strict';
import test from 'node:test';
import { leakProblems } from './leaks.ts';

// Put together here, so that this file itself holds none.
const dashes = '-'.repeat(5);
const rows: readonly [name: string, text: string, what: string][] = [
  ['the home of a person', `cd ${'/home'}/anna/src/easycerts`, 'a path of one machine'],
  ['the home of a person on a Mac', `open ${'/Users'}/anna/x`, 'a path of one machine'],
  ['the home of root', `cat ${'/root'}/.npmrc`, 'a path of one machine'],
  ['a workspace', `ls ${'/work'}/main`, 'a path of one machine'],
  ['the mirror of a company', `registry=https://${'artifactory'}.corp.test/npm/`, 'the host of a registry'],
  ['a registry by address', `"resolved": "http://${'registry'}:4873/zod"`, 'the host of a registry'],
  ['a key', `${dashes}BEGIN EC PRIVATE KEY${dashes}\n${'MHcCAQEEIB'.repeat(6)}`, 'a private key'],
  ['a key inside a text of JSON', `${dashes}BEGIN PRIVATE KEY${dashes}\\n${'MIGHAgEAMB'.repeat(6)}`, 'a private key'],
  ['a token of npm in its file', `//x/:_auth${'Token'}=0123456789abcdef`, 'a token of npm'],
  ['a token of GitHub', `ghp${'_'}${'a1B2c3'.repeat(6)}`, 'a token of GitHub'],
  ['a key of a cloud', `AKIA${'ABCDEFGH01234567'}`, 'a key of a cloud'],
  [
    'a service-account token',
    `${'eyJ'}hbGciOiJSUzI1NiJ9.${'eyJ'}zdWIiOiJhIn0xyz.${'c2lnbmF0dXJl'.repeat(3)}`,
    'a signed token',
  ],
  ['a seed of NATS', `SU${'AB2C3D4E5F6G7H2J'.repeat(4).slice(0, 56)}`, 'a seed of NATS'],
];

for (const [name, text, what] of rows) {
  test(`found: ${name}, with its line and without its words`, () => {
    const found = leakProblems({ tree: [{ path: 'a/b.txt', text: `first\nsecond\n${text}\n` }] });
    assert.deepEqual(found, [`a/b.txt:3: ${what}`]);
  });
}

const harmless: readonly [name: string, text: string][] = [
  ['paths below the root that is given', 'join(root, "/etc/kubernetes"), ~/work, $HOME/work/main, <root>/var'],
  ['the heading of a key alone', `if (text.includes('${dashes}BEGIN PRIVATE KEY${dashes}')) throw error;`],
  [
    'public registries and examples',
    'https://registry.k8s.io/v2 https://registry.npmjs.org/zod https://registry.example/x',
  ],
  ['a fingerprint', '5f0c4dbb0d3a1c1b2a0a1c7f5f7e7a56c1d1b5f0a6f0de3c1f5be1d7a4a4c0b1'],
  ['a certificate', `${dashes}BEGIN CERTIFICATE${dashes}\n${'MIIBtjCCAV'.repeat(6)}`],
];

for (const [name, text] of harmless) {
  test(`no leak: ${name}`, () => assert.deepEqual(leakProblems({ tree: [{ path: 'a.md', text }] }), []));
}
