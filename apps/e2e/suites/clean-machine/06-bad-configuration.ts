/** What is wrong with cluster.yaml is told at once, all of it, and nothing is made. */

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cluster } from '../../src/cluster.ts';
import { runFolder } from '../../src/place.ts';
import type { Ended } from '../../src/run-command.ts';
import { runCommand } from '../../src/run-command.ts';
import { step } from '../../src/step.ts';
import { assertRefused } from './cluster.ts';

const bad = cluster('bad-configuration');
const file = `${bad.data}.yaml`;

function startWith(text: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  writeFileSync(file, text);
  return runCommand(['npm', 'start', '--silent', '--', '--detach', '--config', file], { env: { ...bad.env, ...env } });
}

const good = 'roles: [master, node]\nmasterAddress: localhost\n';

step('a bad configuration', bad, () => {
  for (const [title, text, ...says] of [
    ['an unknown key, with the one that was meant', `${good}clusterCIDR: 10.1.0.0/16\n`, 'clusterCIDR', 'clusterCidr'],
    ['an unknown key further down', `${good}apiserver: {securePrt: 6443}\n`, 'apiserver.securePrt', 'securePort'],
    ['a missing masterAddress', 'roles: [master, node]\n', 'masterAddress'],
    [
      'a masterAddress that does not resolve',
      good.replace('localhost', 'nowhere.invalid'),
      'masterAddress',
      'nowhere.invalid',
    ],
    [
      'overlapping networks',
      `${good}clusterCidr: 10.0.0.0/16\napiserver: {serviceClusterIpRange: 10.0.1.0/24}\n`,
      'clusterCidr',
      'overlap',
    ],
    ['a network that is none', `${good}clusterCidr: 10.1.0.0/40\n`, 'clusterCidr'],
    ['a role that is none', good.replace('node]', 'worker]'), 'roles'],
    ['a port that is none', `${good}bus: {port: 70000}\n`, 'bus.port'],
    ['the same port twice', `${good}bus: {port: 7443}\n`, 'bus.port', 'pki.grpcPort'],
    ['a value of another type', `${good}easyCerts: maybe\n`, 'easyCerts'],
    ['a file that is not YAML', 'roles: [master\n', file],
    ['a file that is no map', '- master\n', file],
    ['no file', '', file],
  ] as const) {
    test(`${title} is one message and exit code 2, and nothing is made`, async () => {
      const ended = text === '' ? await startWithoutFile() : await startWith(text);
      assertRefused(ended, { code: 2, says });
      assert.equal(existsSync(bad.data), false);
    });
  }

  test('all problems are told at once', async () => {
    const ended = await startWith('roles: [worker]\nclusterCidr: x\nsomething: 1\nbus: {port: 0}\n');
    assertRefused(ended, { code: 2, says: ['roles', 'clusterCidr', 'something', 'bus.port', 'masterAddress'] });
  });

  test('the same as JSON for machines', async () => {
    writeFileSync(file, 'something: 1\n');
    const ended = await runCommand(['npm', 'start', '--silent', '--', '--detach', '--json', '--config', file], {
      env: bad.env,
    });
    assert.equal(ended.code, 2);
    const last = ended.stderr.trim().split('\n').at(-1) ?? '';
    assert.match(JSON.stringify(JSON.parse(last)), /INVALID_CONFIG/);
  });

  test('an unknown option is named, with the one that was meant', async () => {
    const ended = await runCommand(['npm', 'start', '--silent', '--', '--detatch'], { env: bad.env });
    assertRefused(ended, { code: 2, says: ['--detatch', '--detach'] });
  });

  test('a program of the wrong version is named with both versions', async () => {
    const folder = join(runFolder(), 'wrong-version');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'kube-apiserver'), '#!/bin/sh\necho Kubernetes v1.20.0\n');
    chmodSync(join(folder, 'kube-apiserver'), 0o755);
    const ended = await startWith(good, { EASYCERTS_BIN_DIR: folder });
    assertRefused(ended, { code: 1, says: ['kube-apiserver', '1.20.0', folder] });
    assert.equal(existsSync(bad.file('/etc/easycerts/cluster.yaml')), false);
  });

  test('a folder of programs that is not there is named', async () => {
    const ended = await startWith(good, { EASYCERTS_BIN_DIR: '/nowhere' });
    assertRefused(ended, { code: 2, says: ['EASYCERTS_BIN_DIR', '/nowhere'] });
  });

  test('and with the good one it would start: npm run reset has nothing to remove', async () => {
    await bad.reset();
    assert.equal(existsSync(bad.data), false);
  });
});

function startWithoutFile(): Promise<Ended> {
  const words = ['npm', 'start', '--silent', '--', '--detach', '--config', `${file}.none`];
  return runCommand(words, { env: bad.env });
}
