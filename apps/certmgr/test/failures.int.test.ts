/** Failures of the CA, the disk and the spec: the old set stays, and it is tried again. */

import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { AppError, dayMs, minuteMs } from '@easycerts/core';
import { readSet } from '@easycerts/runtime';
import { faults } from './test-ca.ts';
import { createTestHost, delivered, done } from './test-host.ts';

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

  test('of our own store before the call ask the CA nothing: what cannot be remembered is not begun', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    const file = `${host.paths.certmgrState}/pending/kubelet.json`;
    await mkdir(file);
    assert.deepEqual(done(await host.pass(host.assemble())), ['kubelet:FAILED_PRECONDITION']);
    assert.equal(host.ca.requests.length, 0);
    await rm(file, { recursive: true });
    assert.deepEqual(done(await host.pass(host.assemble())), ['kubelet:delivered']);
  });

  test('of our own store after the call keep the request: nothing is issued twice', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    const folder = `${host.paths.certmgrState}/history`;
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    for (let turn = 0; turn < 3; turn += 1) {
      const [outcome] = done(await host.pass(host.assemble()));
      assert.doesNotMatch(outcome ?? '', /delivered/, 'what is not counted is not delivered');
    }
    await rm(folder);
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
