/** The API of cfssl around a CA in memory, and a client that makes keys, tokens and requests as cfssl's own clients do. */

import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { KeyAlgorithm, SubjectName } from '@easycerts/cluster';
import { createCsr, encodePem, generateKeyPair, type KeyPair } from '@easycerts/pki';
import { createdKey } from '../src/core/cfssl/key-record.ts';
import { deriveKey } from '../src/edge/cfssl/derived-key.ts';
import { type CfsslApiOptions, startCfsslApi } from '../src/edge/cfssl/start-cfssl-api.ts';
import { testEnvironment } from './environment.ts';

export interface CfsslAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
  readonly success: boolean;
  readonly result: Readonly<Record<string, unknown>>;
  readonly errors: readonly { readonly code: number; readonly message: string }[];
  readonly messages: readonly { readonly code: number; readonly message: string }[];
}

export type InnerRequest = Readonly<Record<string, unknown>>;

/** Starts the API on plain HTTP; it ends with the test. */
export async function testCfsslApi(
  t: Pick<TestContext, 'after'>,
  options: Parameters<typeof testEnvironment>[0] & Partial<Pick<CfsslApiOptions, 'failures' | 'requestTimeoutMs'>> = {},
) {
  const ca = await testEnvironment(options);
  const secret = createSecretKey(Buffer.alloc(32, 7));
  const { source: _, ...limits } = options;
  const api = await startCfsslApi(ca.environment, {
    address: '127.0.0.1',
    port: 0,
    identityDirectory: undefined,
    secret,
    ...limits,
  });
  t.after(async () => {
    await api.close();
    await ca.close();
  });
  const post = (endpoint: string, body: unknown, method = 'POST') => call(api.port, { endpoint, body, method });
  return {
    ...ca,
    api,
    post,
    get: (endpoint: string) => call(api.port, { endpoint, method: 'GET' }),
    /** The first key of a host for a profile. */
    async keyFor(host: string, profile = 'default'): Promise<KeyObject> {
      const record = createdKey(undefined, { host, profile, now: ca.clock.now() });
      await ca.cfsslKeys.change(record, () => ({ record, result: undefined }));
      return deriveKey(secret, record);
    },
    authsign: (key: KeyObject, inner: InnerRequest) => post('authsign', authenticated(key, inner)),
  };
}

/** The body of `authsign`. */
export function authenticated(key: KeyObject, inner: InnerRequest) {
  const request = Buffer.from(JSON.stringify(inner));
  const token = createHmac('sha256', key).update(request).digest('base64');
  // cfssl's client sends when it was made, too; nobody has signed that.
  return { timestamp: 1, remote_address: null, token, request: request.toString('base64') };
}

/** What asks for a certificate, as certmgr sends it: names stand in `hosts`. */
export async function innerRequest(wanted: {
  readonly subject: SubjectName;
  readonly hosts?: readonly string[];
  readonly keyAlgorithm?: KeyAlgorithm;
  readonly keyPair?: KeyPair;
}): Promise<InnerRequest> {
  const { subject, hosts, keyAlgorithm = 'ecdsa-p256' } = wanted;
  const keyPair = wanted.keyPair ?? (await generateKeyPair(keyAlgorithm));
  const csr = await createCsr({ keyPair, subject, alternativeNames: { dns: [], ip: [] } });
  return { hosts, certificate_request: encodePem('CERTIFICATE REQUEST', csr), profile: '' };
}

async function call(
  port: number,
  { endpoint, body, method }: { endpoint: string; body?: unknown; method: string },
): Promise<CfsslAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/cfssl/${endpoint}`, {
    method,
    ...(body === undefined || method === 'GET' ? {} : { body: text }),
  });
  const type = answer.headers.get('content-type');
  const found = await answer.text();
  const envelope = found.startsWith('{') ? (JSON.parse(found) as Omit<CfsslAnswer, 'status'>) : undefined;
  const none = { success: false, result: {}, errors: [], messages: [] };
  return { ...none, ...envelope, status: answer.status, type, body: found };
}
