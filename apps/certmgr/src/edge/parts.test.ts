/** The small parts: retry book, limited parallelism, the loop, histories, trust bundles. */

import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { AppError, isAppError } from '@easycerts/core';
import { advanceableClock, temporaryDirectory } from '@easycerts/testing';
import { createTestHost } from '../../test/test-host.ts';
import { Histories } from './histories.ts';
import { Loop } from './loop.ts';
import { mapLimited } from './map-limited.ts';
import { RetryBook } from './retry-book.ts';
import { ensureState } from './state-file.ts';
import { TrustBundles, trustBundleOf } from './trust-bundles.ts';

const away = new AppError('UNAVAILABLE', 'away');
const refused = new AppError('PERMISSION_DENIED', 'no');

describe('RetryBook', () => {
  const key = { name: 'kubelet', digest: 'd1' };

  test('waits longer after each failure, and forgets them when it works', () => {
    const book = new RetryBook(() => 0);
    assert.deepEqual(
      [1, 2, 3].map(() => book.fail(key, away, 0).retryInMs),
      [250, 500, 1_000],
    );
    assert.ok(book.isWaiting(key, 999) && !book.isWaiting(key, 1_000));
    book.succeed(key);
    assert.ok(!book.isWaiting(key, 0));
    assert.equal(book.fail(key, away, 0).attempts, 1);
  });

  test('waits longer for a no than for silence', () => {
    const book = new RetryBook(() => 0);
    assert.ok(book.fail(key, refused, 0).retryInMs > book.fail({ ...key, name: 'x' }, away, 0).retryInMs);
  });

  test('starts afresh when the spec has changed', () => {
    const book = new RetryBook(() => 0);
    book.fail(key, away, 0);
    const changed = { ...key, digest: 'd2' };
    assert.ok(!book.isWaiting(changed, 0));
    assert.equal(book.get(changed), undefined);
    assert.equal(book.fail(changed, away, 0).attempts, 1);
  });

  test('finds ever fewer failures worth telling, but every new kind', () => {
    const book = new RetryBook(() => 0);
    const told = Array.from({ length: 16 }, () => book.fail(key, away, 0).isWorthTelling);
    assert.deepEqual(
      told.flatMap((isTold, index) => (isTold ? [index + 1] : [])),
      [1, 2, 4, 8, 16],
    );
    assert.ok(book.fail(key, refused, 0).isWorthTelling);
    assert.ok(!book.fail(key, refused, 0).isWorthTelling);
  });

  test('hurries without forgetting', () => {
    const book = new RetryBook(() => 0);
    book.fail(key, away, 1_000);
    book.hurry();
    assert.ok(!book.isWaiting(key, 1_000));
    assert.equal(book.fail(key, away, 1_000).attempts, 2);
  });

  test('forgets who is not wanted any more, but not the CA', () => {
    const book = new RetryBook(() => 0);
    book.fail(key, away, 0);
    book.fail('ca', away, 0);
    book.keepOnly(new Set(['other']));
    assert.equal(book.get(key), undefined);
    assert.ok(book.get('ca'));
    assert.equal(book.timesMs().length, 1);
  });

  test('makes an error with a code of whatever was thrown', () => {
    assert.equal(
      new RetryBook(() => 0).fail(key, Object.assign(new Error('full'), { code: 'ENOSPC' }), 0).error.code,
      'NO_SPACE',
    );
  });
});

describe('mapLimited', () => {
  test('keeps the order and the limit', async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimited([...Array(20).keys()], 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return item * 2;
    });
    assert.deepEqual(
      results,
      [...Array(20).keys()].map((item) => item * 2),
    );
    assert.equal(most, 3);
  });

  test('does nothing with nothing, and throws what is thrown', async () => {
    assert.deepEqual(await mapLimited([], 3, async () => 1), []);
    await assert.rejects(
      mapLimited([1], 3, () => Promise.reject(new Error('boom'))),
      /boom/,
    );
  });
});

describe('Loop', () => {
  test('never makes two passes at once, and one more for what is asked meanwhile', async (t) => {
    const clock = advanceableClock();
    let running = 0;
    let passes = 0;
    const gate = Promise.withResolvers<void>();
    const loop = new Loop({
      clock,
      pass: async () => {
        assert.equal(running, 0);
        running += 1;
        passes += 1;
        if (passes === 1) await gate.promise;
        running -= 1;
        return clock.now().getTime() + 3_600_000;
      },
    });
    t.after(() => loop.close());
    const first = loop.lookNow();
    const [second, third] = [loop.lookNow(), loop.lookNow()];
    gate.resolve();
    await Promise.all([first, second, third]);
    assert.equal(running, 0);
    assert.ok(passes === 2 || passes === 3, `${passes} passes`);
  });

  test('looks again by itself when something is due, and soon after a hint', async (t) => {
    const passes: (() => void)[] = [];
    const [second, third] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const clock = { now: () => new Date() };
    let count = 0;
    const loop = new Loop({
      clock,
      pass: async () => {
        count += 1;
        passes[count]?.();
        return Date.now() + (count === 1 ? 5 : 3_600_000);
      },
    });
    passes[2] = () => second.resolve();
    passes[3] = () => third.resolve();
    t.after(() => loop.close());
    await loop.lookNow();
    await second.promise;
    loop.hint();
    loop.hint();
    await third.promise;
  });

  test('makes no pass after it was closed', async () => {
    let passes = 0;
    const loop = new Loop({ clock: advanceableClock(), pass: async () => ++passes });
    await loop.close();
    loop.hint();
    await loop.lookNow();
    assert.equal(passes, 0);
  });
});

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
    assert.deepEqual([...(await bundles.refresh(ca))].sort(), ['easycerts', 'etcd', 'front-proxy', 'kubernetes']);
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
