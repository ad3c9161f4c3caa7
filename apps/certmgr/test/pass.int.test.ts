/** Passes over real files: what is delivered, what is left alone, what holds, breaks and mends. */

import assert from 'node:assert/strict';
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { filesOfSet } from '@easycerts/cluster';
import { AppError, dayMs, hourMs, minuteMs, type ReissueReason } from '@easycerts/core';
import { clearHold, holdSet, readHold, readSet, restorePreviousSet } from '@easycerts/runtime';
import type { PassResult } from '../src/edge/pass.ts';
import { faults } from './test-ca.ts';
import { createTestHost, type TestHost } from './test-host.ts';

/** `kubelet:renewed` for everything that was done. */
function done({ outcomes }: PassResult): readonly string[] {
  return outcomes
    .flatMap((outcome) => {
      if (outcome.kind === 'kept')
        return outcome.kept.kind === 'nothing' ? [] : [`${outcome.name}:${outcome.kept.kind}`];
      return outcome.kind === 'failed'
        ? [`${outcome.name}:${outcome.attempt.error.code}`]
        : [`${outcome.name}:broken-off`];
    })
    .sort();
}

async function delivered(host: TestHost, ...names: readonly string[]): Promise<void> {
  await host.writeSpecs(...names.map((name) => host.spec(name)));
  assert.equal(done(await host.pass(host.assemble())).length, names.length);
}

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

describe('trust bundles', () => {
  test('are replaced without a new certificate when a CA is added', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    const before = await readSet(`${host.paths.secrets}/kubelet`);
    await host.ca.rotate('kubernetes', 'both');
    assert.deepEqual(done(await host.pass(host.assemble(), { mustRefresh: true })), ['kubelet:bundle']);
    const after = await readSet(`${host.paths.secrets}/kubelet`);
    assert.ok(after.key.equals(before.key) && after.cert.equals(before.cert));
    assert.equal(after.ca.toString(), host.ca.bundleOf('kubernetes'));
    assert.notEqual(after.target, before.target, 'a new set, so that reloaders notice');
    assert.deepEqual(
      host.events.ofType('trust-bundle.updated').map(({ subject }) => subject),
      ['kubelet'],
    );
    assert.deepEqual(done(await host.pass(host.assemble(), { mustRefresh: true })), []);
  });

  test('that no longer hold the issuer make a new certificate', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    await host.ca.rotate('kubernetes', 'new');
    assert.deepEqual(done(await host.pass(host.assemble(), { mustRefresh: true })), ['kubelet:renewed']);
    assert.equal(host.ca.requests.at(-1)?.reason, 'issuer-changed');
    assert.equal(await host.fileOf('kubelet', 'ca'), host.ca.bundleOf('kubernetes'));
  });

  test('lead through a whole rotation: both, new leaves, only the new one', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    await host.ca.rotate('kubernetes', 'both');
    assert.deepEqual(done(await host.pass(host.assemble(), { mustRefresh: true })), ['kubelet:bundle']);
    assert.deepEqual(done(await host.pass(host.assemble(), { forced: new Set(['kubelet']) })), ['kubelet:renewed']);
    host.ca.dropOld('kubernetes');
    assert.deepEqual(done(await host.pass(host.assemble(), { mustRefresh: true })), ['kubelet:bundle']);
    assert.equal((await host.fileOf('kubelet', 'ca')).match(/BEGIN/g)?.length, 1);
  });

  test('that are damaged on disk are put back, also without the CA', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    host.ca.break('unavailable');
    for (const damage of ['garbage', '', host.ca.bundleOf('etcd')]) {
      await writeFile(`${host.paths.secrets}/kubelet/ca.crt`, damage);
      assert.deepEqual(done(await host.pass(host.assemble())), ['kubelet:bundle']);
      assert.equal(await host.fileOf('kubelet', 'ca'), host.ca.bundleOf('kubernetes'));
    }
    assert.equal(host.ca.issued.size, 1);
  });

  test('of one authority do not touch the sets of another', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'), host.spec('etcd-client', { authority: 'etcd' }));
    await host.pass(host.assemble());
    await host.ca.rotate('etcd', 'both');
    assert.deepEqual(done(await host.pass(host.assemble(), { mustRefresh: true })), ['etcd-client:bundle']);
  });
});

describe('failures', () => {
  test('of the CA leave what is there, and are told once for each certificate', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet', 'proxy');
    const before = await readSet(`${host.paths.secrets}/kubelet`);
    host.clock.advance(25 * dayMs);
    host.ca.break('unavailable');
    const assembly = host.assemble();
    assert.deepEqual(done(await host.pass(assembly)), ['kubelet:UNAVAILABLE', 'proxy:UNAVAILABLE']);
    assert.ok((await readSet(`${host.paths.secrets}/kubelet`)).key.equals(before.key));
    assert.deepEqual(done(await host.pass(assembly)), [], 'nothing is tried before its time');
    const [event] = host.events.ofType('certificate.failed');
    assert.deepEqual([event?.data.code, event?.data.reason, event?.data.attempts], ['UNAVAILABLE', 'near-expiry', 1]);
    assert.ok(Number(event?.data.retryInMs) > 0);
    assert.equal(host.events.ofType('certificate.failed').length, 2);
  });

  test('are really tried again, until it works', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    host.ca.break('unavailable');
    const assembly = host.assemble();
    let failures = 0;
    for (let turn = 0; turn < 40; turn += 1) {
      failures += done(await host.pass(assembly)).length;
      host.clock.advance(5 * minuteMs);
    }
    assert.equal(failures, 40, 'for ever');
    assert.ok(host.events.ofType('certificate.failed').length < 10, 'but not told every time');
    host.ca.mend();
    assert.deepEqual(done(await host.pass(assembly)), ['kubelet:delivered']);
  });

  test('of the call alone are tried again too, with the same request', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'), host.spec('proxy'));
    host.ca.break('lost-answer', 'kubelet');
    const assembly = host.assemble();
    assert.deepEqual(done(await host.pass(assembly)), ['kubelet:UNAVAILABLE', 'proxy:delivered']);
    host.clock.advance(minuteMs);
    assert.deepEqual(done(await host.pass(assembly)), ['kubelet:delivered']);
    assert.equal(host.ca.issued.size, 2, 'nothing is issued twice');
  });

  test('of one certificate do not keep the others', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('a'), host.spec('b'), host.spec('c'));
    host.ca.break('refused', 'b');
    assert.deepEqual(done(await host.pass(host.assemble())), ['a:delivered', 'b:PERMISSION_DENIED', 'c:delivered']);
  });

  test('never put anything wrong on disk, whatever the CA answers', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    const before = await readSet(`${host.paths.secrets}/kubelet`);
    for (const fault of faults) {
      host.ca.break(fault, 'kubelet');
      const outcome = done(await host.pass(host.assemble(), { forced: new Set(['kubelet']) }));
      assert.equal(outcome.length, 1, fault);
      assert.doesNotMatch(outcome[0] ?? '', /renewed|delivered/, fault);
      const after = await readSet(`${host.paths.secrets}/kubelet`);
      assert.ok(after.target === before.target && after.key.equals(before.key), fault);
      await rm(`${host.paths.certmgrState}/pending/kubelet.json`, { force: true });
    }
  });

  test('of the disk come before the CA is asked, or keep the request: nothing is issued twice', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    await writeFile(`${host.paths.secrets.replace(/\/secrets$/, '')}`, '', { flag: 'wx' }).catch(() => undefined);
    const broken = await host.pass(host.assemble());
    assert.equal(done(broken).length, 1);
    assert.doesNotMatch(done(broken)[0] ?? '', /delivered/);
    await host.pass(host.assemble());
    assert.ok(host.ca.issued.size <= 1);
    await rm(`${host.paths.secrets.replace(/\/secrets$/, '')}`);
    assert.deepEqual(done(await host.pass(host.assemble())), ['kubelet:delivered']);
    assert.equal(host.ca.issued.size, 1);
  });

  test('of the place: foreign files are never replaced, and the message says what to do', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'other');
    await writeFile(`${host.paths.secrets}/kubelet`, 'by hand');
    await host.writeSpecs(host.spec('kubelet'));
    const { outcomes } = await host.pass(host.assemble());
    const [failed] = outcomes.filter((outcome) => outcome.kind === 'failed');
    assert.equal(failed?.attempt.error.code, 'FAILED_PRECONDITION');
    assert.match(failed?.attempt.error.details.cure ?? '', /move .* away/);
    assert.equal(await readFile(`${host.paths.secrets}/kubelet`, 'utf8'), 'by hand');
  });

  test('of an owner that does not exist ask the CA nothing', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('etcd', { owner: 'nobody-has-this-name', group: 'root' }));
    const assembly = host.assemble();
    t.mock.method(host.users, 'idsOf', () => {
      throw new AppError('FAILED_PRECONDITION', 'the user does not exist');
    });
    assert.deepEqual(done(await host.pass(assembly)), ['etcd:FAILED_PRECONDITION']);
    assert.equal(host.ca.requests.length, 0);
  });
});

describe('holds', () => {
  test('keep a certificate that joiner rolled back, until they end', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    const directory = `${host.paths.secrets}/kubelet`;
    const good = await host.serialOf('kubelet');
    host.clock.advance(21 * dayMs);
    await host.pass(host.assemble());
    const { previousSerial } = await restorePreviousSet(directory);
    await holdSet({
      directory,
      serial: previousSerial,
      reason: 'kubelet was not healthy',
      nowMs: host.clock.now().getTime(),
    });
    const { plans } = await host.pass(host.assemble());
    assert.deepEqual([plans[0]?.state, await host.serialOf('kubelet')], ['held', good]);
    host.clock.advance(5 * minuteMs);
    assert.deepEqual(done(await host.pass(host.assemble())), ['kubelet:renewed']);
  });

  test('end with a force', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    const directory = `${host.paths.secrets}/kubelet`;
    await holdSet({ directory, serial: 'x', reason: 'x', nowMs: host.clock.now().getTime() });
    assert.deepEqual(done(await host.pass(host.assemble(), { forced: new Set(['kubelet']) })), ['kubelet:renewed']);
    assert.equal(await readHold(directory), undefined);
    await clearHold(directory);
  });

  test('do not keep a host without a certificate', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    const directory = `${host.paths.secrets}/kubelet`;
    await holdSet({ directory, serial: 'x', reason: 'x', nowMs: host.clock.now().getTime() });
    await rm(filesOfSet(directory).key);
    assert.deepEqual(done(await host.pass(host.assemble())), ['kubelet:delivered']);
  });
});

describe('the breaker', () => {
  /** Somebody damages the set after every delivery. */
  async function damageAndPass(host: TestHost): Promise<PassResult> {
    await writeFile(`${host.paths.secrets}/kubelet/tls.key`, 'garbage');
    host.clock.advance(10_000);
    return host.pass(host.assemble());
  }

  test('stops a certificate that is issued again and again, in every process, until forced', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet', 'proxy');
    for (let turn = 0; turn < 4; turn += 1) assert.deepEqual(done(await damageAndPass(host)), ['kubelet:delivered']);
    const { plans } = await damageAndPass(host);
    assert.equal(plans[0]?.state, 'stopped');
    assert.equal(host.ca.issued.size, 6);
    await damageAndPass(host);
    host.clock.advance(dayMs);
    assert.equal((await damageAndPass(host)).plans[0]?.state, 'stopped', 'a day later too');
    const told = host.events.ofType('certificate.failed');
    assert.equal(told.length, 1, 'told once');
    assert.match(String(told[0]?.data.message), /stopped until forced/);
    assert.equal(told[0]?.data.retryInMs, 0);
    assert.deepEqual(done(await host.pass(host.assemble(), { forced: new Set(['kubelet']) })), ['kubelet:delivered']);
    assert.deepEqual(done(await damageAndPass(host)), ['kubelet:delivered'], 'and it goes on');
  });

  test('counts certificates that were issued and refused: a CA that answers wrongly is not asked for ever', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    host.ca.break('other-names');
    const assembly = host.assemble();
    for (let turn = 0; turn < 20; turn += 1) {
      await host.pass(assembly);
      host.clock.advance(minuteMs);
    }
    assert.equal(host.ca.issued.size, 5);
  });

  test('starts afresh with another spec', async (t) => {
    const host = await createTestHost(t);
    await delivered(host, 'kubelet');
    for (let turn = 0; turn < 6; turn += 1) await damageAndPass(host);
    await host.writeSpecs(host.spec('kubelet', { validityS: 86_400 }));
    assert.deepEqual(done(await host.pass(host.assemble())), ['kubelet:delivered']);
  });

  test('never stops ordinary renewal, however short the certificates live', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet', { validityS: 60 }));
    const assembly = host.assemble();
    for (let turn = 0; turn < 60; turn += 1) {
      const { plans } = await host.pass(assembly);
      assert.equal(plans[0]?.state, 'ok', `turn ${turn}`);
      host.clock.advance(10_000);
    }
    assert.ok(host.ca.issued.size >= 15, String(host.ca.issued.size));
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
