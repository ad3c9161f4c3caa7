/** Trust bundles on disk: replaced when the CA says so, put back when they are damaged. */

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { readSet } from '@easycerts/runtime';
import { createTestHost, delivered, done } from './test-host.ts';

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
