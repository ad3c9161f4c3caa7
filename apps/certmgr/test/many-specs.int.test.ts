/** Five hundred certificates on one host: what a pass and the time between passes may cost, as counts, which do not grow with them. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import { encodePem, generateKeyPair, privateKeyToPem, spkiOf } from '@easycerts/pki';
import { createTestHost, done, type TestHost } from './test-host.ts';

/** More than a pass plans at a stretch. */
const count = 500;
const names = Array.from({ length: count }, (_, index) => `service-${index}`);

/** As deliveries would have left them, without their fsyncs; ten keys among them. */
async function putInPlace(host: TestHost): Promise<void> {
  const keyPairs = await Promise.all(Array.from({ length: 10 }, () => generateKeyPair('ecdsa-p256')));
  await host.writeSpecs(...names.map((name) => host.spec(name)));
  for (const [index, spec] of host.specs.entries()) {
    const keyPair = keyPairs[index % keyPairs.length];
    assert.ok(keyPair);
    const set = `.sets/${spec.name}.1-a`;
    const target = `${dirname(spec.directory)}/${set}`;
    mkdirSync(target, { recursive: true });
    writeFileSync(
      `${target}/tls.crt`,
      encodePem('CERTIFICATE', await host.ca.issueFor(spec, spkiOf(keyPair.publicKey))),
    );
    writeFileSync(`${target}/tls.key`, privateKeyToPem(keyPair.privateKey), { mode: 0o600 });
    writeFileSync(`${target}/ca.crt`, host.ca.bundleOf(spec.authority));
    symlinkSync(set, spec.directory);
  }
}

const resources = (): readonly string[] => process.getActiveResourcesInfo();
const timers = (): number => resources().filter((name) => name === 'Timeout').length;

describe(`${count} certificates`, () => {
  test('cost one timer and no open files between passes; of all only the damaged one is made again', async (t) => {
    const host = await createTestHost(t);
    await putInPlace(host);
    const [timersBefore, before] = [timers(), resources().length];
    const certmgr = await host.start();
    await certmgr.lookNow();
    assert.equal(timers() - timersBefore, 1, 'one timer for all');
    assert.ok(resources().length - before < 10, resources().slice(0, 20).join(' '));
    assert.equal(host.ca.requests.length, 0, 'nothing is due');
    assert.equal(host.events.events.length, 0);
    await certmgr.close();
    assert.equal(timers(), timersBefore);

    const other = await generateKeyPair('ecdsa-p256');
    writeFileSync(`${host.paths.secrets}/service-7/tls.key`, privateKeyToPem(other.privateKey));
    await host.removeSpecFile('service-8');
    const assembly = host.assemble();
    const { plans } = await host.pass(assembly);
    assert.deepEqual(
      host.ca.requests.map(({ name }) => name),
      ['service-7'],
    );
    assert.equal(plans.filter(({ state }) => state === 'ok').length, count - 1);
    assert.ok(existsSync(`${host.paths.secrets}/service-8/tls.key`), 'a set without a spec is left alone');
    assert.deepEqual(done(await host.pass(assembly)), []);
  });
});
