/** A CA that behaves, in every way that certmgr must bear: as an object, or over real gRPC. */

import { randomBytes } from 'node:crypto';
import { type AuthorityName, authorityNames, type CertificateSpec } from '@easycerts/cluster';
import { CertificateAuthorityService, type SignRequest, type SignResponse } from '@easycerts/contracts';
import { AppError, type Clock, dayMs, minuteMs, secondMs } from '@easycerts/core';
import {
  type CertificateTemplate,
  createAuthority,
  encodePem,
  generateKeyPair,
  issueCertificate,
  newSerial,
  parseCsr,
  type Authority as Signer,
  spkiOf,
} from '@easycerts/pki';
import { type RunningGrpcServer, serviceOf, startGrpcServer } from '@easycerts/runtime';
import { silentLogger } from '@easycerts/testing';
import type { Authority } from '../src/edge/authority.ts';

/** What may be wrong with an answer, or come instead of one. */
export const faults = [
  'unavailable',
  'deadline',
  'internal',
  'refused',
  'lost-answer',
  'garbage',
  'other-subject',
  'other-names',
  'other-usages',
  'other-key',
  'other-key-kind',
  'other-serial',
  'other-ca',
  'other-bundle',
  'leaf-in-bundle',
  'too-long',
  'expired',
  'future',
] as const;
export type Fault = (typeof faults)[number];

export interface TestCa extends Authority {
  /** Every call of sign, in order. */
  readonly requests: readonly SignRequest[];
  /** Serial numbers issued, each once. */
  readonly issued: ReadonlySet<string>;
  readonly signer: (name: AuthorityName) => Signer;
  /** Signs what somebody else asked for, without a request. */
  issueFor(
    spec: CertificateSpec,
    spkiDer: Uint8Array,
    more?: Partial<CertificateTemplate>,
    signer?: Signer,
  ): Promise<Uint8Array>;
  /** The next answers have this fault, of one certificate or of all. */
  break(fault: Fault, name?: string): void;
  mend(): void;
  /** A new CA under the same name; both are trusted, or only the new one. */
  rotate(name: AuthorityName, keep: 'both' | 'new'): Promise<void>;
  dropOld(name: AuthorityName): void;
  bundleOf(name: AuthorityName): string;
  /** Dates back by this much; default five minutes. */
  backdateMs: number;
  listen(identityDirectory: string, port?: number): Promise<RunningGrpcServer>;
}

/** A CA that grants what the specs say. */
export async function createTestCa(clock: Clock, specs: () => readonly CertificateSpec[]): Promise<TestCa> {
  const signers = new Map<AuthorityName, Signer[]>();
  for (const name of authorityNames) signers.set(name, [await makeSigner(name, clock)]);
  const stranger = await makeSigner('kubernetes', clock);
  const requests: SignRequest[] = [];
  const answers = new Map<string, { readonly csr: string; readonly answer: SignResponse }>();
  const issued = new Set<string>();
  const broken = new Map<string, Fault>();
  const currentOf = (name: AuthorityName): Signer => last(signers.get(name) ?? []);
  const bundleOf = (name: AuthorityName): string =>
    (signers.get(name) ?? []).map(({ certificate }) => encodePem('CERTIFICATE', certificate.der)).join('');

  const templateOf = (spec: CertificateSpec, spkiDer: Uint8Array): CertificateTemplate => ({
    serial: newSerial(randomBytes),
    subject: spec.subject,
    alternativeNames: spec.alternativeNames,
    usages: spec.usages,
    notBefore: new Date(clock.now().getTime() - ca.backdateMs),
    notAfter: new Date(clock.now().getTime() + spec.validityS * secondMs),
    spkiDer,
  });

  const sign = async (request: SignRequest): Promise<SignResponse> => {
    requests.push(request);
    const fault = broken.get(request.name) ?? broken.get('');
    const early = fault && errorOf[fault];
    if (early !== undefined)
      throw new AppError(early, `sign ${request.name}: ${fault}`, { details: { reason: 'not-in-list' } });
    const known = answers.get(request.requestId);
    const csr = Buffer.from(request.csrDer).toString('hex');
    if (known !== undefined) {
      if (known.csr !== csr) throw new AppError('PERMISSION_DENIED', 'replayed', { details: { reason: 'replayed' } });
      return known.answer;
    }
    const spec = specs().find(({ name }) => name === request.name);
    if (spec === undefined) throw new AppError('PERMISSION_DENIED', `${request.name} is not in the list`);
    const facts = parseCsr(request.csrDer);
    if (!facts.signatureValid) throw new AppError('PERMISSION_DENIED', 'bad signature');
    const wrong = fault === undefined ? {} : await wrongTemplate(fault, clock);
    const template = { ...templateOf(spec, facts.spkiDer), ...wrong };
    const authority = fault === 'other-ca' ? stranger : currentOf(spec.authority);
    const der = fault === 'garbage' ? randomBytes(40) : issueCertificate({ authority, template });
    issued.add(template.serial);
    const answer: SignResponse = {
      certificateDer: der,
      chainDer: [],
      trustBundlePem: wrongBundle(fault, der, stranger) ?? bundleOf(spec.authority),
      serial: fault === 'other-serial' ? 'abc' : template.serial,
    };
    answers.set(request.requestId, { csr, answer });
    if (fault === 'lost-answer') throw new AppError('UNAVAILABLE', `sign ${request.name}: the connection broke`);
    return answer;
  };

  const getTrustBundle: Authority['getTrustBundle'] = async ({ authorities }) => {
    const fault = broken.get('');
    const early = fault && errorOf[fault];
    if (early !== undefined) throw new AppError(early, `trust bundles: ${fault}`);
    const asked =
      authorities.length === 0 ? authorityNames : authorityNames.filter((name) => authorities.includes(name));
    return { bundles: asked.map((authority) => ({ authority, pem: bundleOf(authority) })) };
  };

  const ca: TestCa = {
    requests,
    issued,
    sign,
    getTrustBundle,
    bundleOf,
    signer: currentOf,
    backdateMs: 5 * minuteMs,
    issueFor: async (spec, spkiDer, more = {}, signer = currentOf(spec.authority)) =>
      issueCertificate({ authority: signer, template: { ...templateOf(spec, spkiDer), ...more } }),
    break: (fault, name = '') => void broken.set(name, fault),
    mend: () => broken.clear(),
    rotate: async (name, keep) => {
      const next = await makeSigner(name, clock);
      signers.set(name, keep === 'both' ? [...(signers.get(name) ?? []), next] : [next]);
    },
    dropOld: (name) => void signers.set(name, [currentOf(name)]),
    listen: (identityDirectory, port = 0) =>
      startGrpcServer({
        address: '127.0.0.1',
        port,
        identityDirectory,
        logger: silentLogger(),
        services: [
          serviceOf(CertificateAuthorityService, {
            sign: (request) => sign(request),
            getTrustBundle: (request) => getTrustBundle(request),
            listCertificates: () => Promise.reject(new AppError('FAILED_PRECONDITION', 'not here')),
            getCertificate: () => Promise.reject(new AppError('FAILED_PRECONDITION', 'not here')),
          }),
        ],
      }),
  };
  return ca;
}

const errorOf: Partial<Record<Fault, 'UNAVAILABLE' | 'DEADLINE_EXCEEDED' | 'INTERNAL' | 'PERMISSION_DENIED'>> = {
  unavailable: 'UNAVAILABLE',
  deadline: 'DEADLINE_EXCEEDED',
  internal: 'INTERNAL',
  refused: 'PERMISSION_DENIED',
};

async function wrongTemplate(fault: Fault, clock: Clock): Promise<Partial<CertificateTemplate>> {
  const nowMs = clock.now().getTime();
  switch (fault) {
    case 'other-subject':
      return { subject: { commonName: 'kubernetes-admin', organizations: ['system:masters'] } };
    case 'other-names':
      return { alternativeNames: { dns: ['evil.example'], ip: [] } };
    case 'other-usages':
      return { usages: ['client auth', 'server auth'] };
    case 'other-key':
      return { spkiDer: spkiOf((await generateKeyPair('ecdsa-p256')).publicKey) };
    case 'other-key-kind':
      return { spkiDer: spkiOf((await generateKeyPair('ecdsa-p384')).publicKey) };
    case 'too-long':
      return { notAfter: new Date(nowMs + 400 * dayMs) };
    case 'expired':
      return { notBefore: new Date(nowMs - 2 * dayMs), notAfter: new Date(nowMs - dayMs) };
    case 'future':
      return { notBefore: new Date(nowMs + minuteMs), notAfter: new Date(nowMs + 10 * dayMs) };
    default:
      return {};
  }
}

function wrongBundle(fault: Fault | undefined, leafDer: Uint8Array, stranger: Signer): string | undefined {
  if (fault === 'other-bundle') return encodePem('CERTIFICATE', stranger.certificate.der);
  return fault === 'leaf-in-bundle' ? encodePem('CERTIFICATE', leafDer) : undefined;
}

function makeSigner(name: AuthorityName, clock: Clock): Promise<Signer> {
  const nowMs = clock.now().getTime();
  return createAuthority({
    commonName: `${name}-ca`,
    keyAlgorithm: 'ecdsa-p256',
    notBefore: new Date(nowMs - 365 * dayMs),
    notAfter: new Date(nowMs + 3_650 * dayMs),
    serial: newSerial(randomBytes),
  });
}

function last<T>(items: readonly T[]): T {
  const item = items.at(-1);
  if (item === undefined) throw new RangeError('empty');
  return item;
}
