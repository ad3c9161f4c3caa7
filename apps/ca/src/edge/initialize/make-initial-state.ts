/** Makes everything that `ca init` brings into being, in memory: keys, authorities, the first certificates. */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  type AuthorityName,
  authorityNames,
  type CertificateSpec,
  type ClusterConfig,
  type HostRecord,
  type Paths,
  resolveCertificates,
} from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import {
  type Authority,
  createCsr,
  encodePem,
  generateKeyPair,
  type KeyPair,
  privateKeyToPem,
  spkiOf,
} from '@easycerts/pki';
import { type BusKeys, createBusKeys } from '@easycerts/runtime';
import type { LedgerRecord } from '../../core/ledger-record.ts';
import { authorise } from '../../core/policy.ts';
import { type Authorities, trustBundleOf } from '../authority-files.ts';
import { issueChecked } from '../issue-checked.ts';
import { signingInPlace } from '../signing/signing.ts';
import { initialNames } from './init-plan.ts';
import { makeAuthority } from './make-authority.ts';

export interface InitialRequest {
  readonly config: ClusterConfig;
  /** The host that we run on. */
  readonly host: HostRecord;
  readonly paths: Paths;
  readonly now: Date;
}

/** A certificate set that waits to be delivered. */
export interface InitialSet {
  readonly spec: CertificateSpec;
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface InitialState {
  readonly authorities: Authorities;
  readonly serviceAccount: { readonly id: string; readonly signingKey: string; readonly verificationKeys: string };
  readonly busKeys: BusKeys;
  readonly sets: readonly InitialSet[];
  /** What was issued, for the ledger. */
  readonly records: readonly LedgerRecord[];
}

/** Makes it all. The first certificates go through the policy like every later one. */
export async function makeInitialState(request: InitialRequest): Promise<InitialState> {
  const authorities = await makeAuthorities(request);
  const sets: InitialSet[] = [];
  const records: LedgerRecord[] = [];
  for (const name of initialNames) {
    const { set, record } = await makeSet(name, authorities, request);
    sets.push(set);
    records.push(record);
  }
  const serviceAccount = serviceAccountKey(await generateKeyPair(request.config.pki.keyAlgorithm));
  return { authorities, serviceAccount, busKeys: createBusKeys(), sets, records };
}

/** The id under which Kubernetes names a service-account key in tokens (kid): k8s.io/kubernetes pkg/serviceaccount/jwt.go. */
export function serviceAccountKeyId(spkiDer: Uint8Array): string {
  return createHash('sha256').update(spkiDer).digest('base64url');
}

async function makeAuthorities({ config, now }: InitialRequest): Promise<Authorities> {
  const made: [AuthorityName, Authority][] = [];
  for (const name of authorityNames) made.push([name, await makeAuthority(name, config, now)]);
  return Object.fromEntries(made) as Record<AuthorityName, Authority>;
}

async function makeSet(
  name: string,
  authorities: Authorities,
  { config, host, paths, now }: InitialRequest,
): Promise<{ set: InitialSet; record: LedgerRecord }> {
  const list = resolveCertificates(config, host, paths);
  const spec = list.find((candidate) => candidate.name === name);
  if (spec === undefined) throw new AppError('INTERNAL', `the certificate list has no ${name} for host ${host.name}`);
  const keyPair = await generateKeyPair(spec.keyAlgorithm);
  const csrDer = await createCsr({ keyPair, subject: spec.subject, alternativeNames: spec.alternativeNames });
  const decision = authorise(
    {
      request: { name, csrDer, requestId: randomUUID(), requestedAtMs: now.getTime(), reason: 'missing' },
      caller: { host: host.name, role: 'master' },
      host: { record: host, isRevoked: false },
      isCertificateRevoked: false,
      isWithinRate: true,
      now,
    },
    { certificatesOf: () => list, useOfKey: () => undefined },
  );
  if (decision.kind !== 'allow') {
    const why = decision.kind === 'deny' ? decision.finding.detail : decision.kind;
    throw new AppError('INTERNAL', `the policy refuses the first certificate ${name}: ${why}`);
  }
  const { record } = await issueChecked(decision.request, {
    authorities,
    signing: signingInPlace(authorities),
    now,
    randomBytes,
  });
  const set: InitialSet = {
    spec,
    cert: encodePem('CERTIFICATE', record.certificateDer),
    key: privateKeyToPem(keyPair.privateKey),
    ca: trustBundleOf(authorities[spec.authority]),
  };
  return { set, record };
}

function serviceAccountKey({ privateKey, publicKey }: KeyPair): InitialState['serviceAccount'] {
  const spkiDer = spkiOf(publicKey);
  return {
    id: serviceAccountKeyId(spkiDer),
    signingKey: privateKeyToPem(privateKey),
    verificationKeys: encodePem('PUBLIC KEY', spkiDer),
  };
}
