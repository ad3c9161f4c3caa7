import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codenameOf, findAptSource } from './apt-source.ts';

const deb822 = `Types: deb deb-src
# where it is from
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;
const found = {
  uri: 'http://mirror.example/debian',
  suite: 'bookworm',
  components: ['main'],
  keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
  isTrusted: false,
};
const sources = (text: string) => ({ path: '/etc/apt/sources.list.d/debian.sources', text });
const list = (text: string) => ({ path: '/etc/apt/sources.list', text });

test('a source of the distribution is found in both forms', () => {
  assert.deepEqual(findAptSource([sources(deb822)], 'bookworm'), found);
  const line =
    'deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main contrib # own mirror';
  assert.deepEqual(findAptSource([list(line)], 'bookworm'), found);
});

test('the universe of Ubuntu is taken too, and trust without a signature', () => {
  const line = 'deb [trusted=yes] https://mirror.example/ubuntu noble main restricted universe';
  assert.deepEqual(findAptSource([list(line)], 'noble'), {
    uri: 'https://mirror.example/ubuntu',
    suite: 'noble',
    components: ['main', 'universe'],
    isTrusted: true,
  });
});

test('what is not the distribution’s own source is passed over', () => {
  const others: [string, string][] = [
    ['a third party’s suite', 'deb http://other.example/ bookworm-pgdg main'],
    ['a third party’s component', 'deb http://other.example/ bookworm stable'],
    ['sources of programs only', 'deb-src http://other.example/ bookworm main'],
    ['a method that debootstrap does not know', 'deb mirror+file:/etc/apt/mirrors.txt bookworm main'],
    ['switched off', '# deb http://other.example/ bookworm main'],
    ['half a line', 'deb http://other.example/'],
  ];
  for (const [why, line] of others) {
    assert.equal(findAptSource([list(line)], 'bookworm'), undefined, why);
    assert.deepEqual(findAptSource([list(line), sources(deb822)], 'bookworm'), found, why);
  }
  assert.equal(findAptSource([sources(`${deb822}Enabled: no\n`)], 'bookworm'), undefined);
  assert.equal(findAptSource([], 'bookworm'), undefined);
});

test('several stanzas in a file, and keys within the source, which debootstrap does not take', () => {
  const inline = `Types: deb\nURIs: http://a.example\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP\n .\n mQ\n`;
  const { keyring: _, ...withoutKeyring } = found;
  assert.deepEqual(findAptSource([sources(`${inline}\n${deb822}`)], 'bookworm'), {
    ...withoutKeyring,
    uri: 'http://a.example',
  });
});

test('the release is named in os-release', () => {
  assert.equal(codenameOf('ID=debian\nVERSION_CODENAME=bookworm\n'), 'bookworm');
  assert.equal(codenameOf('VERSION_CODENAME="noble"'), 'noble');
  assert.equal(codenameOf('ID=arch\n'), undefined);
});
