/** A new serving certificate of the API server is served while nobody notices. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { during } from '../../src/continuous.ts';
import { storedEvents } from '../../src/events.ts';
import { eventually } from '../../src/eventually.ts';
import { servedSerial } from '../../src/https-request.ts';
import { listIssued } from '../../src/issued.ts';
import { serialOf, setOf } from '../../src/secrets.ts';
import { step } from '../../src/step.ts';
import { machine, place } from './cluster.ts';

const served = (): Promise<string> =>
  servedSerial(place().address, Number(new URL(place().server).port), setOf(machine, 'cluster-admin'));

const get = (): Promise<string> => machine.mustKubectl(['get', 'pods', '--request-timeout=10s']);

step('a certificate is replaced under load', machine, () => {
  let before = '';

  test('forced to reissue, the API server serves the new certificate and no request fails', async () => {
    before = await served();
    assert.equal(before, await serialOf(setOf(machine, 'kube-apiserver').cert));
    let now = before;
    const { attempts, failures } = await during(async () => {
      await machine.mustExec(['certmgr', 'ensure', '--force', 'kube-apiserver']);
      now = await eventually('the new certificate', async () => {
        const serial = await served();
        return serial === before ? undefined : serial;
      });
      // A request that began before may still use the old one: a few more.
      for (let count = 0; count < 5; count += 1) await served();
    }, get);
    assert.deepEqual(failures, []);
    assert.ok(attempts >= 5, `${attempts} requests`);
    assert.equal(now, await serialOf(setOf(machine, 'kube-apiserver').cert));
  });

  test('it is in the ledger, and its delivery is an event', async () => {
    const serial = await served();
    const [newest] = (await listIssued(machine)).filter(({ name }) => name === 'kube-apiserver');
    assert.equal(newest?.serial, serial);
    await eventually('the event', async () => {
      const renewed = (await storedEvents(machine)).filter(({ type }) => type === 'easycerts.certificate.renewed');
      return renewed.some(
        ({ data }) => data.serial === serial && data.previousSerial === before && data.reason === 'forced',
      );
    });
  });

  test('the same for some others at once: the cluster stays, and is what it was afterwards', async () => {
    const names = ['kube-apiserver-etcd-client', 'etcd-server', 'kubelet-client', 'kube-scheduler-client'];
    const { failures } = await during(
      async () => void (await machine.mustExec(['certmgr', 'ensure', '--force', ...names])),
      get,
    );
    assert.deepEqual(failures, []);
    await eventually('all ready', async () => (await machine.json<{ isReady: boolean }>(['status'], [0, 1])).isReady);
  });
});
