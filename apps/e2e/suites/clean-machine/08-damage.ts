/** Files are damaged while the machine is off: a leaf is replaced, a CA key never. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { before, test } from 'node:test';
import {
  authorityOf,
  encodePem,
  issueCertificate,
  newSerial,
  parseCertificate,
  parsePrivateKeyPem,
  spkiOf,
} from '@easycerts/pki';
import { storedEvents } from '../../src/events.ts';
import { eventually } from '../../src/eventually.ts';
import { listIssued } from '../../src/issued.ts';
import { mustRun, runCommand } from '../../src/run-command.ts';
import { serialOf, setOf } from '../../src/secrets.ts';
import { step } from '../../src/step.ts';
import { assertRefused, ensureStarted, machine } from './cluster.ts';

const authorityFile = (authority: string, name: string): string =>
  machine.file(`/var/lib/easycerts/ca/authorities/${authority}/${name}`);

step('damage', machine, () => {
  let serials: ReadonlyMap<string, string> = new Map();
  before(ensureStarted);

  test('leaves are damaged in many ways while nothing runs', async () => {
    serials = new Map(
      await Promise.all(damages.map(async ({ name }) => [name, await serialOf(setOf(machine, name).cert)] as const)),
    );
    await machine.stop();
    for (const { name, damage } of damages) await damage(name);
  });

  test('each is replaced when the machine is on again', async () => {
    await machine.start();
    await eventually(
      'all of them',
      async () => {
        const issued = await listIssued(machine);
        for (const { name } of damages) {
          const newest = issued.find((one) => one.name === name)?.serial;
          assert.notEqual(newest, serials.get(name), `${name} is not reissued`);
          assert.equal(await serialOf(setOf(machine, name).cert), newest, `${name} is not delivered`);
        }
        return true;
      },
      { timeoutMs: 120_000 },
    );
  });

  test('for its own reason, and nothing else was', async () => {
    await eventually('the events', async () => {
      const events = (await storedEvents(machine)).filter(({ type }) => /certificate\.(renewed|delivered)$/.test(type));
      const seen = events.map(({ data }) => `${String(data.certificate)} ${String(data.reason)}`);
      const missing = damages.map(({ name, reason }) => `${name} ${reason}`).filter((line) => !seen.includes(line));
      if (missing.length > 0)
        throw new Error(`no event for ${missing.join(', ')}; last ones: ${seen.slice(-8).join(', ')}`);
      return true;
    });
  });

  test('the cluster is whole again', async () => {
    await eventually('all ready', async () => (await machine.json<{ isReady: boolean }>(['status'], [0, 1])).isReady, {
      timeoutMs: 90_000,
    });
  });

  test('specs that are damaged are named, and written anew at the next start', async () => {
    const spec = machine.file('/etc/easycerts/certmgr.d/kubelet.json');
    const good = readFileSync(spec, 'utf8');
    writeFileSync(spec, '{"name": ');
    const ended = await machine.exec(['certmgr', 'check']);
    assertRefused(ended, { code: ended.code, says: ['/etc/easycerts/certmgr.d/kubelet.json'] });
    assert.notEqual(ended.code, 0);
    await machine.stop();
    writeFileSync(machine.file('/etc/easycerts/components.d/kube-scheduler.json'), '');
    await machine.start();
    assert.equal(readFileSync(spec, 'utf8'), good);
  });

  test('a certificate that begins tomorrow is a matter of the clock: it is told, and kept until forced', async () => {
    const name = 'kube-addon-manager-client';
    const set = setOf(machine, name);
    await reissue(name, 86_400_000, 30 * 86_400_000);
    const early = await serialOf(set.cert);
    const ended = await machine.exec(['certmgr', 'check', '--json']);
    assert.equal(ended.code, 1);
    const { certificates } = JSON.parse(ended.stdout) as {
      certificates: { name: string; reason: string; detail: string }[];
    };
    const found = certificates.find((certificate) => certificate.name === name);
    assert.equal(found?.reason, 'not-yet-valid');
    assert.match(found?.detail ?? '', /set the clock/);
    assert.equal(await serialOf(set.cert), early);
    await machine.mustExec(['certmgr', 'ensure', '--force', name]);
    assert.notEqual(await serialOf(set.cert), early);
  });

  test('a clock before notBefore is told, by name of the certificate', async () => {
    const shifted =
      'const real = Date; const ago = 400 * 86_400_000; globalThis.Date = class extends real { constructor(...a) { super(...(a.length ? a : [real.now() - ago])); } static now() { return real.now() - ago; } };';
    const path = '/var/tmp/clock.mjs';
    writeFileSync(machine.file(path), shifted);
    const ended = await machine.exec(['env', `NODE_OPTIONS=--import=${path}`, 'certmgr', 'check']);
    assertRefused(ended, { code: 1, says: ['not-yet-valid', 'kube-apiserver'] });
  });
});

step('a damaged CA', machine, () => {
  for (const [what, file] of [
    ['key', 'ca.key'],
    ['certificate', 'ca.crt'],
  ] as const) {
    test(`a damaged CA ${what} is named and never replaced`, async () => {
      await machine.stop();
      const path = authorityFile('kubernetes', file);
      copyFileSync(path, `${path}.kept`);
      writeFileSync(path, 'damaged\n');
      const ended = await runCommand(['npm', 'start', '--silent', '--', '--detach', '--timeout', '20s'], {
        env: machine.env,
      });
      assert.notEqual(ended.code, 0);
      assert.match(ended.stdout + ended.stderr, new RegExp(`authorities/kubernetes/${file.replace('.', '\\.')}`));
      assert.equal(readFileSync(path, 'utf8'), 'damaged\n');
      await machine.stop();
      await mustRun(['mv', `${path}.kept`, path]);
      await machine.start();
      assert.ok((await listIssued(machine)).length > 0);
    });
  }
});

interface Damage {
  readonly name: string;
  /** Of the closed list. */
  readonly reason: string;
  readonly damage: (name: string) => Promise<void> | void;
}

const damages: readonly Damage[] = [
  {
    name: 'kube-scheduler-client',
    reason: 'unreadable',
    damage: (name) => writeFileSync(setOf(machine, name).cert, 'not a certificate\n'),
  },
  { name: 'kube-proxy-client', reason: 'missing', damage: (name) => writeFileSync(setOf(machine, name).key, '') },
  {
    name: 'flannel-client',
    reason: 'missing',
    damage: async (name) => void (await mustRun(['rm', '-rf', setOf(machine, name).cert, setOf(machine, name).key])),
  },
  {
    name: 'kube-controller-manager-client',
    reason: 'key-mismatch',
    damage: async (name) =>
      void (await mustRun([
        'openssl',
        'genpkey',
        '-algorithm',
        'EC',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-out',
        setOf(machine, name).key,
      ])),
  },
  { name: 'cluster-admin', reason: 'expired', damage: (name) => reissue(name, -30 * 86_400_000, -86_400_000) },
];

/** The same certificate with another validity, from the same CA. */
async function reissue(name: string, fromNowMs: number, untilNowMs: number): Promise<void> {
  const { cert, key } = setOf(machine, name);
  const current = parseCertificate(readFileSync(cert, 'utf8'));
  const authority = authorityOf(
    parseCertificate(readFileSync(authorityFile('kubernetes', 'ca.crt'), 'utf8')),
    parsePrivateKeyPem(readFileSync(authorityFile('kubernetes', 'ca.key'), 'utf8')),
  );
  const { publicKey } = parsePrivateKeyPem(readFileSync(key, 'utf8'));
  const { alternativeNames, subject, usages } = current;
  const validity = { notBefore: new Date(Date.now() + fromNowMs), notAfter: new Date(Date.now() + untilNowMs) };
  const template = {
    serial: newSerial(randomBytes),
    subject,
    alternativeNames,
    usages,
    ...validity,
    spkiDer: spkiOf(publicKey),
  };
  writeFileSync(cert, encodePem('CERTIFICATE', issueCertificate({ authority, template })));
}
