import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goModules } from './go-modules.ts';

const output = `/x/nats-server: go1.26.8
\tpath\tgithub.com/nats-io/nats-server/v2
\tmod\tgithub.com/nats-io/nats-server/v2\tv2.15.2\th1:yLsgt=
\tdep\tgolang.org/x/sys\tv0.49.0\th1:Xbz=
\tdep\texample.org/old\tv1.0.0
\t=>\texample.org/new\tv2.0.0\th1:abc=
\tbuild\t-trimpath=true
\tbuild\tDefaultGODEBUG=v1
`;

test('the program’s own module and all others are found, also those put in the place of others', () => {
  assert.deepEqual(
    goModules(output).map(({ path, version }) => `${path}@${version}`),
    [
      'github.com/nats-io/nats-server/v2@v2.15.2',
      'golang.org/x/sys@v0.49.0',
      'example.org/old@v1.0.0',
      'example.org/new@v2.0.0',
    ],
  );
});

test('a program that says nothing has none', () => assert.deepEqual(goModules('/bin/true: not a Go executable\n'), []));
