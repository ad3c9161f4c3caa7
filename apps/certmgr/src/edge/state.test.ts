/** What certmgr keeps on disk for itself: folders, histories, trust bundles. */

import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { authorityNames } from '@easycerts/cluster';
import { isAppError } from '@easycerts/core';
import { temporaryDirectory } from '@easycerts/testing';
import { createTestHost } from '../../test/test-host.ts';
import { Histories } from './histories.ts';
import { ensureState } from './state-file.ts';
import { TrustBundles, trustBundleOf } from './trust-bundles.ts';

describe('ensureState', () => {
  test('keeps keys under way to ourselves, and lets others through to their own folders', async (t) => {
    const { path, remove } = await temporaryDirectory();
    t.after(remove);
    const before = process.umask(0o022);
    t.after(() => process.umask(before));
    const certmgrState = `${path}/var/lib/easycerts/certmgr`;
    const modeOf = async (folder: string): Promise<string> => ((await stat(folder)).mode & 0o777).toString(8);
    await ensureState({ certmgrState });
    assert.deepEqual([await modeOf(`${path}/var/lib/easycerts`), await modeOf(certmgrState)], ['755', '700']);
    await chmod(certmgrState, 0o755);
    await ensureState({ certmgrState });
    assert.equal(await modeOf(certmgrState), '700', 'also one that was there');
  });

  test('says what cannot be made', async () => {
    await assert.rejects(
      ensureState({ certmgrState: '/dev/null/certmgr' }),
      (error) => isAppError(error) && error.message.includes('/dev/null/certmgr'),
    );
  });
});

describe('Histories', () => {
  test('remember across processes, each certificate once', async (t) => {
    const { paths } = await createTestHost(t);
    const histories = new Histories(paths);
    const reissue = { serial: 'a1', atMs: 1, specDigest: 'd1' };
    await histories.add('kubelet', reissue);
    await histories.add('kubelet', reissue);
    await histories.add('kubelet', { ...reissue, serial: 'b2' });
    assert.equal(new Histories(paths).get('kubelet').reissues.length, 2);
    await histories.stop('kubelet', 'd1');
    assert.equal(new Histories(paths).get('kubelet').stoppedFor, 'd1');
    await new Histories(paths).forget('kubelet');
    assert.deepEqual(histories.get('kubelet'), { reissues: [] }, 'the other process sees it');
  });

  test('keep the newest twenty', async (t) => {
    const { paths } = await createTestHost(t);
    const histories = new Histories(paths);
    for (let index = 0; index < 25; index += 1)
      await histories.add('kubelet', { serial: String(index), atMs: index, specDigest: 'd' });
    const { reissues } = histories.get('kubelet');
    assert.deepEqual([reissues.length, reissues.at(-1)?.serial], [20, '24']);
  });

  test('that make no sense are empty', async (t) => {
    const { paths } = await createTestHost(t);
    for (const content of ['', '{', 'null', '{"reissues": [1]}']) {
      await writeFile(`${paths.certmgrState}/history/kubelet.json`, content);
      assert.deepEqual(new Histories(paths).get('kubelet'), { reissues: [] }, content);
    }
    await mkdir(`${paths.certmgrState}/history/etcd.json`);
    assert.deepEqual(new Histories(paths).get('etcd'), { reissues: [] });
  });
});

describe('TrustBundles', () => {
  test('are asked for once, kept on disk, and known to the next process', async (t) => {
    const { paths, ca } = await createTestHost(t);
    const bundles = new TrustBundles(paths);
    assert.equal(bundles.get('etcd'), undefined);
    assert.deepEqual([...(await bundles.refresh(ca))].sort(), [...authorityNames].sort());
    assert.deepEqual(await bundles.refresh(ca), []);
    assert.equal(new TrustBundles(paths).get('etcd')?.pem, ca.bundleOf('etcd'));
  });

  test('tell which one has changed, not when only the order has', async (t) => {
    const { paths, ca } = await createTestHost(t);
    const bundles = new TrustBundles(paths);
    await bundles.refresh(ca);
    await ca.rotate('etcd', 'both');
    assert.deepEqual(await bundles.refresh(ca), ['etcd']);
    const [one, two] = ca.bundleOf('etcd').split(/(?<=END CERTIFICATE-----\n)/);
    assert.equal(trustBundleOf('etcd', `${two}${one}`).digest, bundles.get('etcd')?.digest);
    ca.dropOld('etcd');
    assert.deepEqual(await bundles.refresh(ca), ['etcd']);
  });

  test('stay as they were when one of an answer makes no sense', async (t) => {
    const { paths, ca } = await createTestHost(t);
    const bundles = new TrustBundles(paths);
    await bundles.refresh(ca);
    const before = await readFile(`${paths.certmgrState}/bundles/etcd.pem`, 'utf8');
    await ca.rotate('etcd', 'new');
    const answer = (pem: string) => ({
      sign: ca.sign,
      getTrustBundle: async () => ({
        bundles: [
          { authority: 'etcd', pem: ca.bundleOf('etcd') },
          { authority: 'kubernetes', pem },
        ],
      }),
    });
    for (const pem of ['', 'garbage', ca.bundleOf('kubernetes').slice(0, 200)]) {
      await assert.rejects(bundles.refresh(answer(pem)), (error) => isAppError(error), pem);
      assert.equal(await readFile(`${paths.certmgrState}/bundles/etcd.pem`, 'utf8'), before);
    }
  });

  test('take no leaf for a CA, no unknown authority, and no text between the certificates', async (t) => {
    const host = await createTestHost(t);
    const { paths, ca } = host;
    const spec = host.spec('kubelet');
    await host.deliver(spec);
    const leaf = await host.fileOf('kubelet', 'cert');
    assert.throws(
      () => trustBundleOf('etcd', leaf),
      (error) => isAppError(error, 'DAMAGED'),
    );
    assert.throws(
      () => trustBundleOf('etcd', ca.bundleOf('etcd') + leaf),
      (error) => isAppError(error, 'DAMAGED'),
    );
    assert.ok(!trustBundleOf('etcd', `evil\n${ca.bundleOf('etcd')}evil`).pem.includes('evil'));
    const bundles = new TrustBundles(paths);
    const foreign = {
      sign: ca.sign,
      getTrustBundle: async () => ({ bundles: [{ authority: '../../etc', pem: ca.bundleOf('etcd') }] }),
    };
    assert.deepEqual(await bundles.refresh(foreign), []);
  });

  test('that are damaged on disk count as unknown', async (t) => {
    const { paths, ca } = await createTestHost(t);
    await new TrustBundles(paths).refresh(ca);
    await writeFile(`${paths.certmgrState}/bundles/etcd.pem`, 'garbage');
    const bundles = new TrustBundles(paths);
    assert.equal(bundles.get('etcd'), undefined);
    assert.deepEqual(await bundles.refresh(ca), ['etcd']);
  });
});
