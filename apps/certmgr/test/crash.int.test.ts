/** kill -9 at the worst moments: nothing is issued twice, nothing is lost, no pair is mixed. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connectCertificateAuthority, readSet } from '@easycerts/runtime';
import { createRealHost, type RealHost } from './real-ca.ts';

const moduleOf = (path: string): string => JSON.stringify(import.meta.resolve(path));

/** One pass in a process of its own, which kills itself at the moment that it is told; or passes for ever, when it is told none. */
const childScript = `
  import { pathsUnder } from '@easycerts/cluster';
  import { connectCertificateAuthority, createLogger, systemClock } from '@easycerts/runtime';
  import { assemble, directoriesOf } from ${moduleOf('../src/edge/assemble.ts')};
  import { runPass } from ${moduleOf('../src/edge/pass.ts')};
  const [root, endpoint, moment] = process.argv.slice(1);
  const die = () => process.kill(process.pid, 'SIGKILL');
  const paths = pathsUnder(root);
  const client = connectCertificateAuthority({ endpoint, identityDirectory: paths.hostIdentity });
  const sign = async (...args) => {
    if (moment === 'before-sign') die();
    const answer = await client.sign(...args);
    if (moment === 'after-sign') die();
    return answer;
  };
  const ca = { sign, getTrustBundle: client.getTrustBundle };
  const publish = () => { if (moment === 'after-delivery') die(); };
  const context = { clock: systemClock, logger: createLogger({ service: 't', level: 'silent' }), random: Math.random, events: { publish, flush: async () => undefined } };
  for (;;) {
    const assembly = assemble(context, { host: 'n1', paths, users: { idsOf: () => undefined }, ca, settings: { breaker: { maxReissues: 1e6, windowMs: 1 } } }, new AbortController().signal);
    const { specs } = assembly.specFiles.load();
    assembly.observer.begin(directoriesOf(specs));
    await runPass(assembly, { specs, forced: moment === 'any' ? new Set(['kubelet']) : undefined });
    process.stdout.write('.');
  }`;

async function runAndDie(host: RealHost, moment: string): Promise<void> {
  const args = ['--input-type=module', '-e', childScript, host.paths.root, host.endpoint, moment];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname });
  if (moment === 'any') {
    await once(child.stdout, 'data');
    await delay(Math.random() * 60);
    child.kill('SIGKILL');
  }
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL');
}

async function passHere(host: RealHost) {
  const ca = connectCertificateAuthority({ endpoint: host.endpoint, identityDirectory: host.paths.hostIdentity });
  try {
    return await host.pass(host.assemble({}, ca));
  } finally {
    ca.close();
  }
}

describe('kill -9', () => {
  for (const [moment, calls] of [
    ['before-sign', 1],
    ['after-sign', 2],
    ['after-delivery', 1],
  ] as const) {
    test(`${moment}: the next process finishes it, with the same key, and tells it once`, async (t) => {
      const host = await createRealHost(t);
      await host.startCa();
      await host.writeSpecs(host.spec('kubelet'));
      await runAndDie(host, moment);
      assert.deepEqual(await readdir(`${host.paths.certmgrState}/pending`), ['kubelet.json']);
      await passHere(host);
      assert.equal(host.ca.requests.length, calls);
      assert.equal(host.ca.issued.size, 1, 'nothing is issued twice');
      assert.ok(host.ca.issued.has((await host.serialOf('kubelet')) ?? ''));
      const told = host.events.ofType('certificate.delivered');
      assert.deepEqual(
        told.map(({ data }) => data.serial),
        [...host.ca.issued],
      );
      assert.deepEqual(await readdir(`${host.paths.certmgrState}/pending`), [], 'no key is left');
      await passHere(host);
      assert.equal(host.events.ofType('certificate.delivered').length, 1);
    });
  }

  test('while the key is written: the half-written file goes, before and after it was needed', async (t) => {
    const host = await createRealHost(t);
    await host.startCa();
    await host.writeSpecs(host.spec('kubelet'));
    const folder = `${host.paths.certmgrState}/pending`;
    for (let turn = 0; turn < 2; turn += 1) {
      await writeFile(`${folder}/.kubelet.json.0123456789ab.tmp`, '{"key":"-----BEGIN PRIVATE KEY-----');
      await passHere(host);
      assert.deepEqual(await readdir(folder), []);
    }
    assert.equal(host.ca.issued.size, 1);
  });

  test('at any moment, again and again: certificate and key always match, and it ends well', async (t) => {
    const host = await createRealHost(t);
    await host.startCa();
    await host.writeSpecs(host.spec('kubelet'));
    for (let round = 0; round < 6; round += 1) {
      await runAndDie(host, 'any');
      const { cert, key } = await readSet(`${host.paths.secrets}/kubelet`);
      assert.ok(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)), `round ${round}`);
    }
    const { plans } = await passHere(host);
    assert.equal(plans[0]?.state, 'ok');
    assert.deepEqual(await readdir(`${host.paths.certmgrState}/pending`), []);
  });
});
