/** Requests: what is sent, what is refused of the answer, what is repeated after which failure. */

import assert from 'node:assert/strict';
import { copyFile, readdir, stat, writeFile } from 'node:fs/promises';
import { describe, type TestContext, test } from 'node:test';
import { AppError, dayMs, hourMs, isAppError, type ReissueReason } from '@easycerts/core';
import { parseCsr } from '@easycerts/pki';
import type { Fault } from '../../test/test-ca.ts';
import { createTestHost, type TestHost } from '../../test/test-host.ts';
import { specDigestOf } from '../core/spec-digest.ts';
import type { Authority } from './authority.ts';
import { PendingRequests } from './pending-requests.ts';
import { type ObtainedCertificate, type RequestContext, requestCertificate } from './request-certificate.ts';
import type { LoadedSpec } from './spec-files.ts';
import { TrustBundles } from './trust-bundles.ts';

interface Scene {
  readonly host: TestHost;
  readonly pending: PendingRequests;
  readonly counted: string[];
  /** One try, as a process that has just started. */
  request(reason?: ReissueReason, loaded?: LoadedSpec, ca?: Authority): Promise<ObtainedCertificate>;
  loaded(more?: object): LoadedSpec;
}

async function sceneOf(t: TestContext): Promise<Scene> {
  const host = await createTestHost(t);
  await host.writeSpecs(host.spec('kubelet'));
  const pending = new PendingRequests(host.paths);
  const counted: string[] = [];
  const loaded = (more: object = {}): LoadedSpec => {
    const spec = host.spec('kubelet', more);
    return { file: 'kubelet.json', spec, digest: specDigestOf(spec) };
  };
  const request: Scene['request'] = (reason = 'missing', asked = loaded(), ca = host.ca) => {
    const context: RequestContext = {
      ca,
      pending: new PendingRequests(host.paths),
      bundles: new TrustBundles(host.paths),
      clock: host.clock,
      signal: new AbortController().signal,
      onIssued: async (serial) => void counted.push(serial),
    };
    return requestCertificate({ loaded: asked, reason, currentSerial: undefined }, context);
  };
  return { host, pending, counted, request, loaded };
}

describe('requestCertificate', () => {
  test('asks for exactly what the spec says, with a key of its own', async (t) => {
    const { host, request, pending } = await sceneOf(t);
    const { files, leaf } = await request();
    const [sent] = host.ca.requests;
    assert.ok(sent);
    const csr = parseCsr(sent.csrDer);
    const spec = host.spec('kubelet');
    assert.deepEqual(
      [csr.subject, csr.alternativeNames, csr.keyAlgorithm],
      [spec.subject, spec.alternativeNames, spec.keyAlgorithm],
    );
    assert.ok(csr.signatureValid && !csr.requestsCa);
    assert.equal(csr.spkiFingerprint, leaf.spkiFingerprint);
    assert.deepEqual([sent.name, sent.reason, sent.requestedAtMs], ['kubelet', 'missing', host.clock.now().getTime()]);
    assert.match(sent.requestId, /^[0-9a-f-]{36}$/);
    assert.match(files.key, /^-----BEGIN PRIVATE KEY-----/);
    assert.ok(!JSON.stringify(sent).includes('PRIVATE KEY'), 'the key does not leave the host');
    assert.equal(files.ca, host.ca.bundleOf('kubernetes'));
    assert.deepEqual([...pending.names()], ['kubelet'], 'the request stays until the certificate is delivered');
  });

  test('keeps the key of a request under way for ourselves', async (t) => {
    const { host, request } = await sceneOf(t);
    await request();
    const file = `${host.paths.certmgrState}/pending/kubelet.json`;
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(`${host.paths.certmgrState}/pending`)).mode & 0o777, 0o700);
    assert.equal((await stat(host.paths.certmgrState)).mode & 0o777, 0o700);
  });

  test('makes a new key for every certificate', async (t) => {
    const { request, pending } = await sceneOf(t);
    const keys: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      keys.push((await request()).files.key);
      await pending.remove('kubelet');
    }
    assert.equal(new Set(keys).size, 3);
  });

  test('accepts answers in all key algorithms it can ask for', async (t) => {
    const { request, loaded, pending, host } = await sceneOf(t);
    for (const keyAlgorithm of ['ecdsa-p384', 'rsa-2048'] as const) {
      host.specs = [host.spec('kubelet', { keyAlgorithm })];
      assert.equal((await request('missing', loaded({ keyAlgorithm }))).leaf.keyAlgorithm, keyAlgorithm);
      await pending.remove('kubelet');
    }
  });
});

describe('a wrong answer', () => {
  const rows: readonly [Fault, string][] = [
    ['other-subject', 'subject'],
    ['other-names', 'names'],
    ['other-usages', 'usages'],
    ['other-key', 'key'],
    ['other-key-kind', 'key'],
    ['other-serial', 'serial'],
    ['other-ca', 'issuer'],
    ['other-bundle', 'issuer'],
    ['too-long', 'validity'],
    ['expired', 'issuer'],
    ['garbage', 'unreadable'],
  ];
  for (const [fault, reason] of rows) {
    test(`is refused and not asked for again: ${fault}`, async (t) => {
      const { host, request, pending, counted } = await sceneOf(t);
      host.ca.break(fault);
      await assert.rejects(
        request(),
        (error) => isAppError(error, 'FAILED_PRECONDITION') && error.details.reason === reason,
      );
      assert.equal(pending.names().size, 0, 'the key is gone');
      assert.equal(counted.length, fault === 'garbage' ? 0 : 1, 'what was issued is counted');
      host.ca.mend();
      await request();
      const [first, second] = host.ca.requests;
      assert.notEqual(first?.requestId, second?.requestId);
    });
  }

  test('is refused when it brings a leaf as trust bundle', async (t) => {
    const { host, request } = await sceneOf(t);
    host.ca.break('leaf-in-bundle');
    await assert.rejects(request(), (error) => isAppError(error, 'DAMAGED'));
  });

  test('that begins later is asked for again, until the clock is right: nothing new is issued', async (t) => {
    const { host, request } = await sceneOf(t);
    host.ca.break('future');
    for (let turn = 0; turn < 3; turn += 1) {
      await assert.rejects(
        request(),
        (error) =>
          isAppError(error, 'FAILED_PRECONDITION') &&
          error.details.reason === 'not-yet-valid' &&
          /clock/.test(error.message),
      );
    }
    host.clock.advance(hourMs);
    await request();
    assert.equal(host.ca.issued.size, 1);
  });
});

describe('a request under way', () => {
  const repeated: readonly Fault[] = ['unavailable', 'deadline', 'internal', 'lost-answer'];
  for (const fault of repeated) {
    test(`is repeated, the very same, after ${fault}`, async (t) => {
      const { host, request } = await sceneOf(t);
      host.ca.break(fault);
      await assert.rejects(request());
      await request().catch(() => undefined);
      host.ca.mend();
      await request();
      const ids = new Set(host.ca.requests.map(({ requestId }) => requestId));
      const csrs = new Set(host.ca.requests.map(({ csrDer }) => Buffer.from(csrDer).toString('hex')));
      assert.deepEqual([ids.size, csrs.size, host.ca.issued.size], [1, 1, 1]);
    });
  }

  test('is repeated with the time of the repetition: the CA refuses old ones', async (t) => {
    const { host, request } = await sceneOf(t);
    await request();
    host.clock.advance(hourMs);
    await request();
    const [first, second] = host.ca.requests;
    assert.equal((second?.requestedAtMs ?? 0) - (first?.requestedAtMs ?? 0), hourMs);
    assert.equal(host.ca.issued.size, 1);
  });

  test('is given up after a refusal', async (t) => {
    const { host, request, pending } = await sceneOf(t);
    host.ca.break('refused');
    await assert.rejects(
      request(),
      (error) => isAppError(error, 'PERMISSION_DENIED') && error.details.reason === 'not-in-list',
    );
    assert.equal(pending.names().size, 0);
  });

  test('is given up when the spec has changed', async (t) => {
    const { host, request, loaded } = await sceneOf(t);
    await request();
    const changed = { alternativeNames: { dns: ['n2'], ip: [] } };
    host.specs = [host.spec('kubelet', changed)];
    const { leaf } = await request('names', loaded(changed));
    assert.deepEqual(leaf.alternativeNames.dns, ['n2']);
    assert.equal(host.ca.issued.size, 2);
  });

  test('is given up when somebody forces a new certificate, but not by a repeated force', async (t) => {
    const { host, request } = await sceneOf(t);
    const { files } = await request('missing');
    const forced = await request('forced');
    assert.notEqual(forced.files.key, files.key);
    assert.equal((await request('forced')).files.key, forced.files.key);
    assert.equal(host.ca.issued.size, 2);
  });

  test('is given up after a day: its certificate would be an old one', async (t) => {
    const { host, request } = await sceneOf(t);
    await request();
    host.clock.advance(dayMs + 1);
    await request();
    assert.equal(host.ca.issued.size, 2);
  });

  test('is given up when its file makes no sense', async (t) => {
    const { host, request } = await sceneOf(t);
    await request();
    for (const content of ['', '{', '{}', JSON.stringify({ requestId: 'x' }), Buffer.alloc(100)]) {
      await writeFile(`${host.paths.certmgrState}/pending/kubelet.json`, content);
      await request();
    }
    assert.equal(host.ca.issued.size, 6);
    assert.deepEqual(await readdir(`${host.paths.certmgrState}/pending`), ['kubelet.json']);
  });

  test('of another certificate under our name is not used', async (t) => {
    const { host, request, pending } = await sceneOf(t);
    await request();
    const found = await pending.load('kubelet');
    assert.ok(found);
    await pending.save({ ...found, name: 'other' });
    const folder = `${host.paths.certmgrState}/pending`;
    await copyFile(`${folder}/other.json`, `${folder}/kubelet.json`);
    await request();
    assert.equal(host.ca.issued.size, 2);
  });
});

describe('the trust bundle of an answer', () => {
  test('is taken when the CA gives the same to everybody, after a rotation too', async (t) => {
    const { host, request, pending } = await sceneOf(t);
    await request();
    await pending.remove('kubelet');
    await host.ca.rotate('kubernetes', 'both');
    const { files } = await request();
    assert.equal(files.ca, host.ca.bundleOf('kubernetes'));
    assert.equal(files.ca.match(/BEGIN/g)?.length, 2);
  });

  test('cannot be confirmed while the CA is away: the request stays and is repeated', async (t) => {
    const { host, request, pending } = await sceneOf(t);
    const getTrustBundle = () => Promise.reject(new AppError('UNAVAILABLE', 'away'));
    await assert.rejects(request('missing', undefined, { ...host.ca, getTrustBundle }), (error) =>
      isAppError(error, 'UNAVAILABLE'),
    );
    assert.equal(pending.names().size, 1);
    await request();
    assert.equal(host.ca.issued.size, 1);
  });
});
