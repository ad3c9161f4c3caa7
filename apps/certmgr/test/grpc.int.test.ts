/** certmgr and a CA over real gRPC with mutual TLS. */

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, type TestContext, test } from 'node:test';
import { connectCertificateAuthority, readSet } from '@easycerts/runtime';
import type { AuthorityConnection } from '../src/edge/authority.ts';
import { createRealHost, type RealHost } from './real-ca.ts';
import { faults } from './test-ca.ts';

function connect(t: TestContext, host: RealHost): AuthorityConnection {
  const { endpoint, paths } = host;
  const ca = connectCertificateAuthority({ endpoint, identityDirectory: paths.hostIdentity, callTimeoutMs: 5_000 });
  t.after(() => ca.close());
  return ca;
}

const codes = (
  outcomes: readonly { readonly kind: string; readonly attempt?: { readonly error: { readonly code: string } } }[],
) => outcomes.map(({ kind, attempt }) => attempt?.error.code ?? kind);

describe('over gRPC', () => {
  test('a whole host gets its certificates in one pass', async (t) => {
    const host = await createRealHost(t);
    await host.startCa();
    await host.writeSpecs(host.identity, ...Array.from({ length: 20 }, (_, index) => host.spec(`c${index}`)));
    const started = performance.now();
    const { outcomes, plans } = await host.pass(host.assemble({}, connect(t, host)));
    t.diagnostic(`20 certificates in ${Math.round(performance.now() - started)} ms`);
    assert.deepEqual(codes(outcomes), new Array(20).fill('kept'));
    assert.ok(plans.every(({ state }) => state === 'ok'));
    assert.equal(host.ca.issued.size, 20);
  });

  test('its own identity renews itself, and the next call is made with the new one', async (t) => {
    const host = await createRealHost(t);
    await host.startCa();
    await host.writeSpecs(host.identity, host.spec('kubelet'));
    const before = await readSet(host.paths.hostIdentity);
    const ca = connect(t, host);
    await host.pass(host.assemble({}, ca), { forced: new Set(['host']) });
    const after = await readSet(host.paths.hostIdentity);
    assert.notEqual(after.serial, before.serial);
    await host.pass(host.assemble({}, ca), { forced: new Set(['kubelet']) });
    assert.equal(host.ca.requests.at(-1)?.name, 'kubelet');
  });

  test('errors of the CA keep their code and reason, and wrong answers are refused', async (t) => {
    const host = await createRealHost(t);
    await host.startCa();
    await host.writeSpecs(host.spec('kubelet'));
    const ca = connect(t, host);
    const expected = {
      unavailable: 'UNAVAILABLE',
      deadline: 'DEADLINE_EXCEEDED',
      internal: 'INTERNAL',
      refused: 'PERMISSION_DENIED',
    };
    for (const fault of faults.filter((name) => name !== 'lost-answer')) {
      host.ca.break(fault, 'kubelet');
      const [code] = codes(
        (await host.pass(host.assemble({ breaker: { maxReissues: 99, windowMs: 1 } }, ca))).outcomes,
      );
      assert.ok(code !== undefined && code !== 'kept', fault);
      const known: string | undefined = expected[fault as keyof typeof expected];
      if (known !== undefined) assert.equal(code, known, fault);
    }
    host.ca.mend();
    assert.deepEqual(codes((await host.pass(host.assemble({}, ca))).outcomes), ['kept']);
  });

  test('a CA that is not there is told, and found again when it is', async (t) => {
    const host = await createRealHost(t);
    await host.writeSpecs(host.spec('kubelet'));
    const ca = connect(t, host);
    const { outcomes } = await host.pass(host.assemble({}, ca));
    assert.deepEqual(codes(outcomes), ['UNAVAILABLE']);
    await host.startCa();
    await retryUntilKept(host, ca);
    await host.stopCa();
    assert.deepEqual(codes((await host.pass(host.assemble({}, ca), { forced: new Set(['kubelet']) })).outcomes), [
      'UNAVAILABLE',
    ]);
  });

  test('a host without an identity says what to do', async (t) => {
    const host = await createRealHost(t);
    await host.startCa();
    await host.writeSpecs(host.spec('kubelet'));
    const { endpoint } = host;
    const ca = connectCertificateAuthority({ endpoint, identityDirectory: `${host.paths.state}/no-identity` });
    t.after(() => ca.close());
    const { outcomes } = await host.pass(host.assemble({}, ca));
    assert.deepEqual(codes(outcomes), ['NOT_FOUND']);
    const [event] = host.events.ofType('certificate.failed');
    assert.match(String(event?.data.message), /no-identity/);
  });

  test('an identity of another CA is not let in, and nothing is delivered', async (t) => {
    const host = await createRealHost(t);
    await host.startCa();
    await host.writeSpecs(host.spec('kubelet'));
    const foreign = { ...host.identity, authority: 'kubernetes', directory: `${host.paths.state}/foreign` } as const;
    await host.deliver(foreign);
    await writeFile(`${foreign.directory}/ca.crt`, host.ca.bundleOf('easycerts'));
    const ca = connectCertificateAuthority({ endpoint: host.endpoint, identityDirectory: foreign.directory });
    t.after(() => ca.close());
    const { outcomes } = await host.pass(host.assemble({}, ca));
    assert.match(codes(outcomes)[0] ?? '', /UNAVAILABLE|UNAUTHENTICATED/);
    assert.equal(host.ca.requests.length, 0);
  });

  test('a server of another CA is not spoken to: no request, no key on the wire', async (t) => {
    const host = await createRealHost(t);
    await host.startCa();
    await host.writeSpecs(host.spec('kubelet'));
    await writeFile(`${host.paths.hostIdentity}/ca.crt`, host.ca.bundleOf('etcd'));
    const { outcomes } = await host.pass(host.assemble({}, connect(t, host)));
    assert.deepEqual(codes(outcomes), ['UNAVAILABLE']);
    assert.equal(host.ca.requests.length, 0);
    assert.ok((await readFile(`${host.paths.hostIdentity}/ca.crt`, 'utf8')).includes('CERTIFICATE'));
  });
});

/** The connection comes back by itself; how many tries that takes is gRPC's affair. */
async function retryUntilKept(host: RealHost, ca: AuthorityConnection): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    const { outcomes } = await host.pass(host.assemble({}, ca));
    if (codes(outcomes).every((code) => code === 'kept')) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail('the CA was not found again');
}
