/** The daemon: it looks by itself, keeps trying, and ends cleanly. */

import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { dayMs, hourMs } from '@easycerts/core';
import { readSet } from '@easycerts/runtime';
import { createTestHost, type TestHost } from './test-host.ts';

/** Resolves when the condition holds; looks after every event and log line, and gives up after ten seconds. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!(await condition())) {
    assert.ok(performance.now() < giveUpAt, 'it did not happen within ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const deliveries = (host: TestHost): number => host.events.ofType('certificate.delivered').length;

describe('startCertmgr', () => {
  test('delivers what is missing when it starts', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'), host.spec('proxy'));
    await host.start();
    await until(() => deliveries(host) === 2);
  });

  test('sees a new spec, a changed spec and a damaged set by itself', async (t) => {
    const host = await createTestHost(t);
    const certmgr = await host.start();
    await certmgr.lookNow();
    await host.writeSpecs(host.spec('kubelet'));
    await until(() => deliveries(host) === 1);
    await certmgr.lookNow();
    await rm(`${host.paths.secrets}/kubelet`);
    await until(() => deliveries(host) === 2);
    await host.writeSpecs(host.spec('kubelet', { alternativeNames: { dns: ['other'], ip: [] } }));
    await until(() => host.events.ofType('certificate.renewed').length === 1);
    assert.equal(host.events.ofType('certificate.renewed')[0]?.data.reason, 'names');
  });

  test('sees the specs of a new host, whose folder it did not find when it started', async (t) => {
    const host = await createTestHost(t);
    await rm(host.paths.certificateSpecs, { recursive: true });
    const certmgr = await host.start();
    await certmgr.lookNow();
    await mkdir(host.paths.certificateSpecs, { recursive: true });
    await host.writeSpecs(host.spec('kubelet'));
    await until(() => deliveries(host) === 1);
  });

  test('looks at an interval too: what the kernel does not tell is seen all the same', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    await host.start({ checkIntervalMs: 50 });
    await until(() => deliveries(host) === 1);
    await writeFile(`${host.paths.secrets}/kubelet/tls.key`, 'garbage');
    await until(() => deliveries(host) === 2);
  });

  test('goes on with the others when a spec is damaged, and says so once', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecFile('broken', '{"apiVersion": "easycerts/v1"');
    await host.writeSpecs(host.spec('kubelet'));
    const certmgr = await host.start();
    await certmgr.lookNow();
    await certmgr.lookNow();
    assert.equal(deliveries(host), 1);
    const told = host.log.filter(({ msg }) => msg === 'certificate spec is left out');
    assert.equal(told.length, 1);
    assert.match(String(told[0]?.path), /broken\.json/);
    await host.writeSpecFile('broken', JSON.stringify({ apiVersion: 'easycerts/v1', ...host.spec('mended') }));
    host.specs = [...host.specs, host.spec('mended')];
    await certmgr.lookNow();
    assert.equal(deliveries(host), 2, 'and takes it when it is mended');
  });

  test('bears a CA that is away, and finishes by itself when it is back', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    host.ca.break('unavailable');
    const certmgr = await host.start({ checkIntervalMs: 20 });
    await certmgr.lookNow();
    await certmgr.lookNow();
    assert.equal(deliveries(host), 0);
    host.ca.mend();
    host.clock.advance(hourMs);
    await until(() => deliveries(host) === 1);
  });

  test('asks for trust bundles at their interval, although nothing is due', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    const certmgr = await host.start();
    await certmgr.lookNow();
    await host.ca.rotate('kubernetes', 'both');
    await certmgr.lookNow();
    assert.equal(host.events.ofType('trust-bundle.updated').length, 0, 'not before its time');
    host.clock.advance(60_000);
    await certmgr.lookNow();
    assert.equal(host.events.ofType('trust-bundle.updated').length, 1);
  });

  test('renews when it is due', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    const certmgr = await host.start();
    await certmgr.lookNow();
    host.clock.advance(20 * dayMs);
    await certmgr.lookNow();
    assert.equal(host.events.ofType('certificate.renewed').length, 1);
  });

  test('tells a wrong clock once, and that it is right again by going on', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    const certmgr = await host.start();
    await certmgr.lookNow();
    host.clock.advance(-hourMs);
    await certmgr.lookNow();
    await certmgr.lookNow();
    const [told, ...more] = host.events.ofType('certificate.failed');
    assert.equal(more.length, 0);
    assert.deepEqual([told?.data.reason, told?.data.code], ['not-yet-valid', 'FAILED_PRECONDITION']);
    assert.match(String(told?.data.message), /set the clock/);
    host.clock.advance(hourMs);
    await certmgr.lookNow();
    assert.equal(host.ca.issued.size, 1);
  });

  test('finishes what a crash has left, before anything else', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    await host.pass(host.assemble());
    const folder = `${host.paths.secrets}/.sets`;
    const [used] = (await readdir(folder)).filter((entry) => !entry.endsWith('.lock'));
    await writeFile(`${folder}/kubelet.1-a`, '');
    await (await host.start()).lookNow();
    const left = (await readdir(folder)).filter((entry) => !entry.endsWith('.lock'));
    assert.deepEqual(left, [used]);
  });

  test('writes its status for people', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'), host.spec('proxy'));
    host.ca.break('refused', 'proxy');
    const certmgr = await host.start();
    await certmgr.lookNow();
    const status = JSON.parse(await readFile(`${host.paths.certmgrState}/status.json`, 'utf8'));
    assert.equal(status.pid, process.pid);
    assert.deepEqual(status.counters, {
      delivered: 1,
      renewed: 0,
      bundles: 0,
      modes: 0,
      failed: status.counters.failed,
    });
    assert.ok(status.counters.failed >= 1);
    assert.deepEqual([status.failures[0].name, status.failures[0].code], ['proxy', 'PERMISSION_DENIED']);
    host.ca.mend();
    await certmgr.lookNow();
    const mended = JSON.parse(await readFile(`${host.paths.certmgrState}/status.json`, 'utf8'));
    assert.deepEqual([mended.counters.delivered, mended.failures], [2, []]);
  });

  test('does not spin: what somebody else has mended is not tried again and again', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    host.ca.break('refused', 'kubelet');
    const certmgr = await host.start();
    await certmgr.lookNow();
    host.ca.mend();
    await host.pass(host.assemble());
    await certmgr.lookNow();
    const status = JSON.parse(await readFile(`${host.paths.certmgrState}/status.json`, 'utf8'));
    assert.deepEqual(status.failures, []);
  });

  test('keeps nothing when there are no specs, and asks nobody', async (t) => {
    const host = await createTestHost(t);
    await rm(host.paths.certificateSpecs, { recursive: true });
    host.ca.break('unavailable');
    const certmgr = await host.start();
    await certmgr.lookNow();
    assert.deepEqual(
      host.log.filter(({ level }) => level !== 'info'),
      [],
    );
  });

  test('ends a call that is under way when it is closed, and calls that no failure', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(host.spec('kubelet'), host.spec('proxy'));
    const called = Promise.withResolvers<void>();
    const { sign } = host.ca;
    t.mock.method(host.ca, 'sign', (_request: unknown, options: { signal: AbortSignal }) => {
      called.resolve();
      return new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(new Error('cancelled'))));
    });
    const certmgr = await host.start({ parallelRequests: 1 });
    await called.promise;
    await certmgr.close();
    assert.equal(host.events.ofType('certificate.failed').length, 0);
    t.mock.restoreAll();
    assert.equal(host.ca.sign, sign);
    await (await host.start()).lookNow();
    assert.equal(host.ca.issued.size, 2, 'and the next process goes on');
  });

  test('works beside a second daemon: each certificate is issued once', async (t) => {
    const host = await createTestHost(t);
    await host.writeSpecs(...Array.from({ length: 6 }, (_, index) => host.spec(`c${index}`)));
    const daemons = await Promise.all([host.start(), host.start()]);
    await Promise.all(daemons.map((daemon) => daemon.lookNow()));
    assert.equal(host.ca.issued.size, 6);
    assert.ok((await readSet(`${host.paths.secrets}/c5`)).serial);
  });
});
