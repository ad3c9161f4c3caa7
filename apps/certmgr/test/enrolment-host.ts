/** A machine that has not joined yet, and the enrolment of a master: real TLS, real gRPC, a CA that can be told to be wrong. */

import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TestContext } from 'node:test';
import {
  encodeJoinToken,
  encodeNodeDocument,
  type HostRecord,
  hostIdentitySubject,
  type JoinToken,
  nodeDocumentOf,
  parseClusterConfig,
  resolveCertificates,
} from '@easycerts/cluster';
import { EnrolmentService, type EnrolRequest, type EnrolResponse } from '@easycerts/contracts';
import { AppError } from '@easycerts/core';
import { type CertificateTemplate, encodePem, generateKeyPair, newSerial, parseCsr, spkiOf } from '@easycerts/pki';
import { openServiceOf, type RunningGrpcServer, startGrpcServer } from '@easycerts/runtime';
import { createTestAuthority, freePort, silentLogger } from '@easycerts/testing';
import type { EnrolHostParts } from '../src/edge/enrol-host.ts';
import { Enroller, type EnrollerParts } from '../src/edge/enroller.ts';
import { enrolHostParts } from '../src/edge/make-enroller.ts';
import type { EnrolmentStatus } from '../src/edge/status-file.ts';
import { createTestHost, type TestHost } from './test-host.ts';

/** What may be wrong with the next answers. */
export interface Wrong {
  readonly error?: AppError;
  /** The CA has issued, the answer does not arrive. */
  readonly isLost?: boolean;
  readonly template?: Partial<CertificateTemplate>;
  readonly isOfStranger?: boolean;
  /** Of the refusal of a key. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly host?: HostRecord;
  readonly cluster?: string;
  readonly answer?: (answer: EnrolResponse) => EnrolResponse;
}

export interface EnrolmentHost extends TestHost {
  readonly name: string;
  readonly endpoint: string;
  readonly requests: readonly EnrolRequest[];
  /** Serial numbers issued, each once. */
  readonly issued: ReadonlySet<string>;
  readonly statuses: readonly EnrolmentStatus[];
  wrong: Wrong;
  token(more?: Partial<JoinToken>): JoinToken;
  writeToken(token?: JoinToken): Promise<JoinToken>;
  startEnrolment(): Promise<void>;
  stopEnrolment(): Promise<void>;
  parts(more?: Partial<EnrolHostParts>): EnrolHostParts;
  enroller(more?: Partial<EnrollerParts>): Enroller;
}

/** `name`: of the machine, `n1` unless it is this one. `cluster`: more lines of the master's cluster.yaml. */
export async function createEnrolmentHost(
  test: Pick<TestContext, 'after'>,
  { name = 'n1', cluster = [] }: { readonly name?: string; readonly cluster?: readonly string[] } = {},
): Promise<EnrolmentHost> {
  const host = await createTestHost(test, new Date().toISOString());
  const { paths, ca } = host;
  const port = await freePort();
  const serverSet = `${paths.root}/master/ca-server`;
  const master = host.spec('ca-server', {
    authority: 'easycerts',
    alternativeNames: { dns: ['localhost'], ip: ['127.0.0.1'] },
    usages: ['server auth'],
    directory: serverSet,
  });
  await host.deliver(master);
  const stranger = await createTestAuthority('easycerts-ca');
  const requests: EnrolRequest[] = [];
  const issued = new Set<string>();
  const statuses: EnrolmentStatus[] = [];
  const answers = new Map<string, { readonly csr: string; readonly answer: EnrolResponse }>();
  const record: HostRecord = { name, roles: ['node'], addresses: ['192.0.2.7'] };
  const clusterText = ['roles: [master]', 'masterAddress: 127.0.0.1', ...cluster].join('\n');

  const answerOf = async (request: EnrolRequest): Promise<EnrolResponse> => {
    requests.push(request);
    const { wrong } = machine;
    if (wrong.error !== undefined) throw wrong.error;
    const csr = Buffer.from(request.csrDer).toString('hex');
    const known = answers.get(request.requestId);
    if (known !== undefined) {
      if (known.csr !== csr) throw new AppError('PERMISSION_DENIED', 'replayed', { details: { reason: 'replayed' } });
      return known.answer;
    }
    const config = parseClusterConfig(wrong.cluster ?? clusterText, 'cluster.yaml');
    const given = wrong.host ?? record;
    const spec = resolveCertificates(config, given, paths).find((one) => one.name === 'host');
    const signed = { ...host.spec('host'), ...spec, subject: hostIdentitySubject(given.name, given.roles) };
    const { spkiDer, keyAlgorithm } = parseCsr(request.csrDer);
    if (keyAlgorithm !== config.pki.keyAlgorithm) {
      const details = { reason: 'weak-key', keyAlgorithm: config.pki.keyAlgorithm, ...wrong.details };
      throw new AppError('PERMISSION_DENIED', 'another kind of key is wanted', { details });
    }
    const signer = wrong.isOfStranger === true ? { authority: stranger } : {};
    const serial = newSerial(randomBytes);
    const certificateDer = await ca.issueFor(signed, spkiDer, { serial, ...wrong.template }, signer.authority);
    issued.add(serial);
    const answer: EnrolResponse = {
      certificateDer,
      trustBundlePem: ca.bundleOf('easycerts'),
      serial,
      nodeDocument: encodeNodeDocument(nodeDocumentOf(config, given)),
    };
    const told = wrong.answer?.(answer) ?? answer;
    answers.set(request.requestId, { csr, answer: told });
    if (wrong.isLost === true) throw new AppError('UNAVAILABLE', 'the connection broke');
    return told;
  };

  let running: RunningGrpcServer | undefined;
  const stopEnrolment = async (): Promise<void> => {
    await running?.close();
    running = undefined;
  };
  test.after(stopEnrolment);
  const options = { host: name, paths, users: host.users, signal: new AbortController().signal };
  const machine: EnrolmentHost = Object.assign(host, {
    name,
    endpoint: `127.0.0.1:${port}`,
    requests,
    issued,
    statuses,
    wrong: {},
    token: (more: Partial<JoinToken> = {}): JoinToken => ({
      endpoints: [`127.0.0.1:${port}`],
      id: randomBytes(6).toString('hex'),
      secret: randomBytes(32),
      pin: ca.signer('easycerts').certificate.spkiFingerprint,
      ...more,
    }),
    writeToken: async (token = machine.token()): Promise<JoinToken> => {
      await mkdir(dirname(paths.joinToken), { recursive: true });
      await writeFile(paths.joinToken, `${encodeJoinToken(token)}\n`, { mode: 0o600 });
      return token;
    },
    startEnrolment: async () => {
      running = await startGrpcServer({
        clients: 'anybody',
        address: '127.0.0.1',
        port,
        identityDirectory: serverSet,
        logger: silentLogger(),
        services: [openServiceOf(EnrolmentService, { enrol: answerOf })],
      });
    },
    stopEnrolment,
    parts: (more: Partial<EnrolHostParts> = {}) => ({ ...enrolHostParts(host.context, options), ...more }),
    enroller: (more: Partial<EnrollerParts> = {}) =>
      new Enroller({
        ...enrolHostParts(host.context, options),
        context: host.context,
        onStatus: async (status) => void statuses.push(status),
        ...more,
      }),
  });
  return machine;
}

/** The public key of nobody here. */
export async function strangeKey(): Promise<Uint8Array> {
  return spkiOf((await generateKeyPair('ecdsa-p256')).publicKey);
}

export const pemOf = (der: Uint8Array): string => encodePem('CERTIFICATE', der);
