/** What is seen of sets on disk, whole and damaged in every way. */

import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { describe, type TestContext, test } from 'node:test';
import { type CertificateSpec, filesOfSet } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { generateKeyPair, privateKeyToPem } from '@easycerts/pki';
import { createTestHost, type TestHost } from '../../test/test-host.ts';
import type { CertificateObservation } from '../core/observation.ts';
import { Observer } from './observer.ts';
import { type TrustBundle, trustBundleOf } from './trust-bundles.ts';

interface Scene {
  readonly host: TestHost;
  readonly spec: CertificateSpec;
  readonly files: ReturnType<typeof filesOfSet>;
  readonly trusted: TrustBundle;
  readonly observer: Observer;
  look(trusted?: TrustBundle): CertificateObservation;
}

async function sceneOf(t: TestContext): Promise<Scene> {
  const host = await createTestHost(t);
  const spec = host.spec('kubelet');
  await host.deliver(spec);
  const trusted = trustBundleOf('kubernetes', host.ca.bundleOf('kubernetes'));
  const observer = new Observer(host.users);
  const look = (bundle: TrustBundle | undefined = trusted) => observer.observe(spec, bundle);
  return { host, spec, files: filesOfSet(spec.directory), trusted, observer, look };
}

describe('Observer', () => {
  test('sees a whole set', async (t) => {
    const { look, host } = await sceneOf(t);
    const seen = look();
    assert.ok(seen.kind === 'present');
    assert.deepEqual(
      { ...seen, leaf: undefined },
      {
        kind: 'present',
        leaf: undefined,
        doesKeyMatch: true,
        isIssuerTrusted: true,
        bundle: 'current',
        wrongModes: [],
      },
    );
    assert.equal(seen.leaf.serial, await host.serialOf('kubelet'));
    assert.equal(seen.leaf.subject.commonName, 'system:kubelet');
  });

  const damages: readonly [string, (scene: Scene) => Promise<void>, Partial<CertificateObservation>][] = [
    ['no link', ({ spec }) => rm(spec.directory), { kind: 'missing' }],
    [
      'a link to nowhere',
      async ({ spec }) => {
        await rm(spec.directory);
        await symlink('.sets/gone.1-a', spec.directory);
      },
      { kind: 'missing' },
    ],
    ['no certificate', ({ files }) => rm(files.cert), { kind: 'missing' }],
    ['an empty certificate', ({ files }) => writeFile(files.cert, ''), { kind: 'missing' }],
    ['no key', ({ files }) => rm(files.key), { kind: 'missing' }],
    ['an empty key', ({ files }) => writeFile(files.key, ''), { kind: 'missing' }],
    ['a certificate that is garbage', ({ files }) => writeFile(files.cert, 'garbage'), { kind: 'unreadable' }],
    [
      'a certificate that is cut',
      async ({ files }) => writeFile(files.cert, (await readFile(files.cert, 'utf8')).slice(0, 300)),
      { kind: 'unreadable' },
    ],
    ['a certificate of zeros', ({ files }) => writeFile(files.cert, Buffer.alloc(1_000)), { kind: 'unreadable' }],
    [
      'a folder instead of the certificate',
      async ({ files }) => {
        await rm(files.cert);
        await mkdir(files.cert);
      },
      { kind: 'unreadable' },
    ],
    ['a key that is garbage', ({ files }) => writeFile(files.key, 'garbage'), { kind: 'unreadable' }],
    [
      'the certificate in the place of the key',
      async ({ files }) => writeFile(files.key, await readFile(files.cert)),
      { kind: 'unreadable' },
    ],
    [
      'another key',
      async ({ files }) => writeFile(files.key, privateKeyToPem((await generateKeyPair('ecdsa-p256')).privateKey)),
      { kind: 'present', doesKeyMatch: false },
    ],
    [
      'the CA before the leaf',
      async ({ files }) =>
        writeFile(files.cert, (await readFile(files.ca, 'utf8')) + (await readFile(files.cert, 'utf8'))),
      { kind: 'present', doesKeyMatch: false },
    ],
    [
      'the CA after the leaf, as a chain',
      async ({ files }) =>
        writeFile(files.cert, (await readFile(files.cert, 'utf8')) + (await readFile(files.ca, 'utf8'))),
      { kind: 'present', doesKeyMatch: true, isIssuerTrusted: true },
    ],
    ['no trust bundle', ({ files }) => rm(files.ca), { kind: 'present', bundle: 'damaged', isIssuerTrusted: true }],
    ['an empty trust bundle', ({ files }) => writeFile(files.ca, ''), { kind: 'present', bundle: 'damaged' }],
    [
      'a trust bundle that is garbage',
      ({ files }) => writeFile(files.ca, 'garbage'),
      { kind: 'present', bundle: 'damaged' },
    ],
    [
      'a trust bundle with one CA too many',
      async ({ files, host }) => writeFile(files.ca, host.ca.bundleOf('kubernetes') + host.ca.bundleOf('etcd')),
      { kind: 'present', bundle: 'outdated' },
    ],
    [
      'the trust bundle of another authority',
      ({ files, host }) => writeFile(files.ca, host.ca.bundleOf('etcd')),
      { kind: 'present', bundle: 'outdated', isIssuerTrusted: true },
    ],
    [
      'a trust bundle with a text between',
      async ({ files }) => writeFile(files.ca, `# kubernetes\n${await readFile(files.ca, 'utf8')}`),
      { kind: 'present', bundle: 'current' },
    ],
  ];
  for (const [what, damage, expected] of damages) {
    test(`sees ${what}`, async (t) => {
      const scene = await sceneOf(t);
      scene.look();
      await damage(scene);
      const seen: Record<string, unknown> = { ...scene.look() };
      for (const [field, value] of Object.entries(expected)) assert.equal(seen[field], value, field);
      const fresh = new Observer(scene.host.users).observe(scene.spec, scene.trusted);
      assert.deepEqual(fresh, seen, 'what is remembered is what is there');
    });
  }

  test('judges by the trust bundle of the authority, or by the set’s own while none is known', async (t) => {
    const { look, host, files } = await sceneOf(t);
    await host.ca.rotate('kubernetes', 'new');
    const rotated = look(trustBundleOf('kubernetes', host.ca.bundleOf('kubernetes')));
    assert.ok(rotated.kind === 'present' && !rotated.isIssuerTrusted && rotated.bundle === 'outdated');
    const alone = new Observer(host.users).observe(host.spec('kubelet'), undefined);
    assert.ok(alone.kind === 'present' && alone.isIssuerTrusted && alone.bundle === 'unknown');
    await writeFile(files.ca, host.ca.bundleOf('etcd'));
    const foreign = new Observer(host.users).observe(host.spec('kubelet'), undefined);
    assert.ok(foreign.kind === 'present' && !foreign.isIssuerTrusted);
  });

  test('sees wrong modes without a new look at the files', async (t) => {
    const { look, files } = await sceneOf(t);
    await chmod(files.key, 0o644);
    const seen = look();
    assert.ok(seen.kind === 'present' && seen.wrongModes.length === 1);
    assert.match(seen.wrongModes[0] ?? '', /tls\.key: mode 0644 instead of 0600/);
  });

  test('says that the owner does not exist, instead of asking for a certificate nobody can use', async (t) => {
    const { spec, trusted } = await sceneOf(t);
    const users = {
      idsOf: (owner: string) => {
        throw new AppError('FAILED_PRECONDITION', `the user ${owner} does not exist`);
      },
    };
    const seen = new Observer(users).observe(spec, trusted);
    assert.ok(seen.kind === 'inaccessible' && seen.code === 'FAILED_PRECONDITION');
  });

  test('says that it may not look', {
    skip: process.geteuid?.() === 0 ? 'root may read everything' : false,
  }, async (t) => {
    const { look, files } = await sceneOf(t);
    await chmod(files.key, 0);
    const seen = look();
    assert.ok(seen.kind === 'inaccessible' && seen.code === 'PERMISSION_DENIED');
  });

  test('reads nothing again that did not change', async (t) => {
    const { look } = await sceneOf(t);
    const [first, second] = [look(), look()];
    assert.ok(first.kind === 'present' && second.kind === 'present');
    assert.equal(first.leaf, second.leaf, 'the very same object');
  });

  test('forgets sets without a spec', async (t) => {
    const { look, observer } = await sceneOf(t);
    const before = look();
    observer.begin(new Set());
    const after = look();
    assert.ok(before.kind === 'present' && after.kind === 'present');
    assert.notEqual(before.leaf, after.leaf);
    assert.deepEqual(before, after);
  });
});
