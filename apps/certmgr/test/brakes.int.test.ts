/** What keeps certmgr from doing harm by doing too much: holds and the breaker. */

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { filesOfSet } from '@easycerts/cluster';
import { dayMs, minuteMs } from '@easycerts/core';
import { clearHold, holdSet, readHold, restorePreviousSet } from '@easycerts/runtime';
import type { PassResult } from '../src/edge/pass.ts';
import { createTestHost, delivered, done, type TestHost } from './test-host.ts';

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
