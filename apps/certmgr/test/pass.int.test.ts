/** Passes over real files: what is delivered, what is left alone. */

import assert from 'node:assert/strict';
import { chmod, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { AppError, dayMs, hourMs, type ReissueReason } from '@easycerts/core';
import { readSet } from '@easycerts/runtime';
import { createTestHost, delivered, done, type TestHost } from './test-host.ts';

describe('a pass', () => {
  test('delivers what is missing, once, and says so', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet', 'proxy');
    assert.deepEqual(
      host.events
        .ofType('certificate.delivered')
        .map(({ subject }) => subject)
        .sort(),
      ['kubelet', 'proxy'],
    );
    const { data } = host.events.ofType('certificate.delivered')[0] ?? {};
    assert.deepEqual([data?.reason, data?.host, data?.authority], ['missing', 'n1', 'kubernetes']);
    assert.deepEqual(done(await host.pass(host.assemble())), [], 'a new process finds nothing to do');
    assert.equal(host.ca.issued.size, 2);
    assert.deepEqual(await readdir(`${host.paths.certmgrState}/pending`), []);
    assert.equal((await stat(`${host.paths.secrets}/kubelet/tls.key`)).mode & 0o777, 0o600);
  });

  test('looks at every spec but asks the CA nothing when all is well', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    let asked = 0;
    const refuse = () => {
      asked += 1;
      return Promise.reject(new AppError('INTERNAL', 'asked'));
    };
    await host.pass(host.assemble({}, { sign: refuse, getTrustBundle: refuse }));
    assert.equal(asked, 0);
  });

  test('requests in parallel, up to the limit, the host’s own identity first and alone', async (t) => {
    const host = await createTestHost(t);
    const identity = host.spec('host', { directory: host.paths.hostIdentity, authority: 'easycerts' });
    await host.writeSpecs(identity, ...Array.from({ length: 10 }, (_, index) => host.spec(`c${index}`)));
    let running = 0;
    let most = 0;
    const order: string[] = [];
    const sign: typeof host.ca.sign = async (request) => {
      order.push(request.name);
      running += 1;
      most = Math.max(most, running);
      assert.ok(request.name !== 'host' || running === 1);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return host.ca.sign(request);
    };
    const assembly = host.assemble({ parallelRequests: 4 }, { sign, getTrustBundle: host.ca.getTrustBundle });
    assert.equal(done(await host.pass(assembly)).length, 11);
    assert.equal(order[0], 'host');
    assert.ok(most > 1 && most <= 4, `${most} at once`);
  });

  const damages: readonly [ReissueReason, string, (host: TestHost) => Promise<unknown>][] = [
    ['missing', 'the link is gone', (host) => rm(`${host.paths.secrets}/kubelet`)],
    ['missing', 'the key is gone', (host) => rm(`${host.paths.secrets}/kubelet/tls.key`)],
    ['unreadable', 'the leaf is garbage', (host) => writeFile(`${host.paths.secrets}/kubelet/tls.crt`, 'garbage')],
    ['unreadable', 'the key is garbage', (host) => writeFile(`${host.paths.secrets}/kubelet/tls.key`, 'garbage')],
    [
      'key-mismatch',
      'the key is another',
      async (host) => writeFile(`${host.paths.secrets}/kubelet/tls.key`, await host.fileOf('proxy', 'key')),
    ],
    [
      'subject',
      'the subject changes',
      (host) =>
        host.writeSpecs(host.spec('kubelet', { subject: { commonName: 'x', organizations: [] } }), host.spec('proxy')),
    ],
    [
      'names',
      'the names change',
      (host) =>
        host.writeSpecs(host.spec('kubelet', { alternativeNames: { dns: [], ip: ['10.0.0.9'] } }), host.spec('proxy')),
    ],
    [
      'usages',
      'the usages change',
      (host) => host.writeSpecs(host.spec('kubelet', { usages: ['server auth'] }), host.spec('proxy')),
    ],
    [
      'key-policy',
      'the key algorithm changes',
      (host) => host.writeSpecs(host.spec('kubelet', { keyAlgorithm: 'ecdsa-p384' }), host.spec('proxy')),
    ],
    [
      'issuer-changed',
      'the authority changes',
      (host) => host.writeSpecs(host.spec('kubelet', { authority: 'etcd' }), host.spec('proxy')),
    ],
  ];
  for (const [reason, when, damage] of damages) {
    test(`replaces only that certificate when ${when}: ${reason}`, async (t) => {
      const host = await createTestHost(t);
      await delivered(host, 'kubelet', 'proxy');
      const [before, proxy] = [await host.serialOf('kubelet'), await host.serialOf('proxy')];
      await damage(host);
      await host.pass(host.assemble());
      assert.equal(host.ca.requests.at(-1)?.reason, reason);
      assert.notEqual(await host.serialOf('kubelet'), before);
      assert.equal(await host.serialOf('proxy'), proxy);
      assert.deepEqual(done(await host.pass(host.assemble())), [], 'and it is well then');
    });
  }

  test('renews at two thirds of the lifetime, with a new key, and says what it replaced', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    const before = await readSet(`${host.paths.secrets}/kubelet`);
    host.clock.advance(18 * dayMs);
    assert.deepEqual(done(await host.pass(host.assemble())), []);
    host.clock.advance(2 * dayMs);
    assert.deepEqual(done(await host.pass(host.assemble())), ['kubelet:renewed']);
    const after = await readSet(`${host.paths.secrets}/kubelet`);
    assert.ok(!after.key.equals(before.key));
    const [event] = host.events.ofType('certificate.renewed');
    assert.deepEqual(
      [event?.data.reason, event?.data.previousSerial, event?.data.serial],
      ['near-expiry', before.serial, after.serial],
    );
    assert.equal((await readSet(`${host.paths.secrets}/.previous/kubelet`)).serial, before.serial);
  });

  test('renews what has expired', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    host.clock.advance(31 * dayMs);
    assert.deepEqual(done(await host.pass(host.assemble())), ['kubelet:renewed']);
    assert.equal(host.ca.requests.at(-1)?.reason, 'expired');
  });

  test('issues what is forced, and only that', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet', 'proxy');
    assert.deepEqual(done(await host.pass(host.assemble(), { forced: new Set(['proxy']) })), ['proxy:renewed']);
    assert.equal(host.ca.requests.at(-1)?.reason, 'forced');
  });

  test('corrects modes without a new certificate', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    const serial = await host.serialOf('kubelet');
    await chmod(`${host.paths.secrets}/kubelet/tls.key`, 0o644);
    await host.writeSpecs(host.spec('kubelet', { keyMode: 0o640 }));
    assert.deepEqual(done(await host.pass(host.assemble())), ['kubelet:modes']);
    assert.equal((await stat(`${host.paths.secrets}/kubelet/tls.key`)).mode & 0o777, 0o640);
    assert.equal(await host.serialOf('kubelet'), serial);
    assert.equal(host.ca.issued.size, 1);
  });

  test('does not reissue because the clock went back, however often it looks', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    host.clock.advance(-hourMs);
    for (let turn = 0; turn < 3; turn += 1) {
      const { plans, outcomes } = await host.pass(host.assemble());
      assert.deepEqual([plans[0]?.state, plans[0]?.reason, outcomes.length], ['clock', 'not-yet-valid', 0]);
    }
    assert.equal(host.ca.issued.size, 1);
  });
});

describe('two processes', () => {
  test('that find the same certificate missing issue it once', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'), host.spec('proxy'));
    const results = await Promise.all([1, 2, 3].map(() => host.pass(host.assemble())));
    assert.equal(host.ca.issued.size, 2);
    assert.equal(results.flatMap(done).length, 2);
    assert.equal(host.events.ofType('certificate.delivered').length, 2);
  });
});
