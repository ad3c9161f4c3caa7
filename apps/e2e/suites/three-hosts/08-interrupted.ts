/** Joining is killed, broken off, done twice at once, on a full disk, with the wrong words: in the end the node is Ready. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ended } from '@easycerts/test-hosts';
import { type IssuedCertificate, listIssued } from '../../src/issued.ts';
import { step } from '../../src/step.ts';
import {
  allIn,
  cluster,
  createToken,
  failedUnits,
  joinHost,
  nodeComponents,
  nodesReady,
  nodeUnits,
  unitStates,
} from './cluster.ts';
import { interruptedJoin } from './interrupted-join.ts';

/** Killed alone again and again, while the services of the other are killed with it. */
const patient = 'n1';
const victim = 'n2';
const longMs = 180_000;

const whole = (token: string): string => `${token}\n`;

step('joining is interrupted', cluster, () => {
  test('killed at one phase after the other, it goes on each time, and in the end the node is Ready', async () => {
    await leave(patient);
    const before = await serialsOf(patient);
    const token = await createToken();
    for (const phase of await phasesOfJoin()) {
      const { code, stderr } = await interruptedJoin(cluster.host(patient), { token, phase, signal: 'KILL' });
      assert.equal(code, 137, `${phase}: ${stderr}`);
    }
    await endsWell(patient, token);
    assertIssuedOnce('all phases', await issuedSince(patient, before));
  });

  test('killed at each phase together with our services, it ends well when it is run again', async (context) => {
    for (const phase of await phasesOfJoin()) {
      await context.test(phase, async () => {
        await leave(victim);
        const before = await serialsOf(victim);
        const token = await createToken();
        const kill = { token, phase, signal: 'KILL', units: nodeUnits } as const;
        const { code, stderr } = await interruptedJoin(cluster.host(victim), kill);
        assert.equal(code, 137, stderr);
        await endsWell(victim, token);
        assertIssuedOnce(phase, await issuedSince(victim, before));
      });
    }
  });

  test('Ctrl-C ends it at once and says how to go on; twice at the same time then, both end well', async () => {
    await leave(victim);
    const before = await serialsOf(victim);
    const token = await createToken();
    const stop = { token, phase: 'start-services', signal: 'INT' } as const;
    const { code, stderr } = await interruptedJoin(cluster.host(victim), stop);
    assert.equal(code, 130, stderr);
    assert.match(stderr, /"CANCELLED".*stopped in \S+/);
    assert.match(stderr, /run `joiner join` again: it goes on from here/);
    const both = await Promise.all([joinHost(victim, token), joinHost(victim, token)]);
    for (const ended of both) assert.equal(ended.code, 0, ended.stderr);
    await nodesReady([victim], 5_000);
    assertIssuedOnce('twice', await issuedSince(victim, before));
  });
});

step('joining where there is no room', cluster, () => {
  test('says so once and clearly, and goes on when there is room', async () => {
    const host = cluster.host(victim);
    await leave(victim);
    const token = await createToken();
    const mount = ['mount', '-t', 'tmpfs', '-o', 'size=128k,mode=755', 'tmpfs', '/var/lib/easycerts'];
    await host.mustExec(mount);
    try {
      await host.exec(['sh', '-c', 'cat /dev/zero > /var/lib/easycerts/filler']);
      const { code, stderr, stdout } = await joinHost(victim, token, '--timeout', '2m');
      assert.equal(code, 1);
      assert.match(stdout, /\[disk\] \/var\/lib\/easycerts has no room/);
      assert.equal(stderr.match(/^error: /gm)?.length, 1, stderr);
      await host.mustExec(['mount', '-o', 'remount,size=64m', '/var/lib/easycerts']);
      await endsWell(victim, token);
      await leave(victim);
    } finally {
      await host.exec(['umount', '--lazy', '/var/lib/easycerts']);
    }
  });
});

step('joining with the wrong words', cluster, () => {
  const rows: readonly (readonly [title: string, words: readonly string[], input: (token: string) => string])[] = [
    ['an option that there is not', ['joiner', 'join', '--force'], whole],
    ['a word that is not asked for', ['joiner', 'join', 'm1'], whole],
    ['a duration that is none', ['joiner', 'join', '--timeout', 'long'], whole],
    ['a token that was cut at its end', ['joiner', 'join'], (token) => `${token.slice(0, -1)}\n`],
    ['a token that was cut at its beginning', ['joiner', 'join'], (token) => `${token.slice(1)}\n`],
    ['a token with a letter mistyped', ['joiner', 'join'], mistyped],
    ['a secret of something else', ['joiner', 'join'], () => '-----BEGIN PRIVATE KEY-----\n'],
    ['nothing on standard input', ['joiner', 'join'], () => ''],
    ['an empty line', ['joiner', 'join'], () => '\n'],
  ];
  for (const [title, words, input] of rows) {
    test(`${title} is told, and nothing has begun`, async () => {
      const token = await createToken();
      const ended = await cluster.host(victim).exec(words, { input: input(token), timeoutMs: longMs });
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, /^error: /m);
      assertTellsNothing(ended, token);
      await nothingHasBegun();
    });
  }
});

step('nixos-kubernetes-node-join', cluster, () => {
  const program = 'nixos-kubernetes-node-join';

  test('takes no arguments, and shows its usage to those who give one', async () => {
    for (const words of [['--help'], ['x'], ['--timeout', '5m']]) {
      const { code, stderr, stdout } = await cluster.host(victim).exec([program, ...words]);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /^Usage: nixos-kubernetes-node-join\n/);
    }
  });

  test('needs root and a token', async () => {
    const asNobody = await cluster.host(victim).exec([program], { user: 'nobody' });
    assert.deepEqual([asNobody.code, asNobody.stdout, asNobody.stderr], [1, '', 'Run as root please.\n']);
    const withoutToken = await cluster.host(victim).exec([program], { input: '' });
    assert.equal(withoutToken.code, 1);
    assert.match(withoutToken.stderr, /no join token on standard input/);
    await nothingHasBegun();
  });

  test('makes a node', async () => {
    const input = `${await createToken()}\n`;
    const { code, stderr, stdout } = await cluster.host(victim).exec([program], { input, timeoutMs: longMs });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /\nNode joined successfully\n$/);
    await nodesReady([victim], 5_000);
  });
});

function mistyped(token: string): string {
  const at = Math.floor(token.length / 2);
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}\n`;
}

async function phasesOfJoin(): Promise<readonly string[]> {
  const printed = await cluster.host(victim).mustExec(['joiner', 'phases', 'join', '--json']);
  const names = (JSON.parse(printed) as readonly { readonly name: string }[]).map(({ name }) => name);
  assert.ok(names.length > 5, names.join(', '));
  return names;
}

async function leave(name: string): Promise<void> {
  await cluster.host(name).mustExec(['joiner', 'leave'], { timeoutMs: longMs });
}

/** It is run again with the same line, and everything is as if nothing had happened. */
async function endsWell(name: string, token: string): Promise<void> {
  const { code, stderr, stdout } = await joinHost(name, token);
  assert.equal(code, 0, `${stdout}${stderr}`);
  await nodesReady([name], 5_000);
  const units = [...nodeUnits, ...nodeComponents];
  assert.deepEqual(await unitStates(name, units), allIn('active', units));
  assert.deepEqual(await failedUnits(name), []);
  assert.equal((await cluster.host(name).exec(['ls', '/var/lib/kubernetes/secrets/join-token'])).stdout, '');
}

async function issuedOf(name: string): Promise<readonly IssuedCertificate[]> {
  return (await listIssued(cluster)).filter(({ host }) => host === name);
}

async function serialsOf(name: string): Promise<ReadonlySet<string>> {
  return new Set((await issuedOf(name)).map(({ serial }) => serial));
}

async function issuedSince(name: string, before: ReadonlySet<string>): Promise<readonly string[]> {
  return (await issuedOf(name)).filter(({ serial }) => !before.has(serial)).map((certificate) => certificate.name);
}

function assertIssuedOnce(when: string, names: readonly string[]): void {
  assert.ok(names.includes('host') && names.includes('kubelet'), names.join(', '));
  assert.equal(new Set(names).size, names.length, `${when}: ${names.toSorted().join(', ')}`);
}

function assertTellsNothing({ stderr, stdout }: Ended, token: string): void {
  const payload = token.split('.')[1] ?? assert.fail('no token');
  assert.ok(!`${stdout}${stderr}`.includes(payload.slice(40, 80)), 'it shows a part of the token');
}

async function nothingHasBegun(): Promise<void> {
  assert.deepEqual(await unitStates(victim, nodeUnits), allIn('inactive', nodeUnits));
  assert.equal((await cluster.host(victim).exec(['ls', '-A', '/var/lib/kubernetes/secrets'])).stdout, '');
}
