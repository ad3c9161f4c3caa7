/** Gets one certificate from a cfssl server: new key, request, call, check of the answer. The key does not leave this host. */

import { generateKeyPair as generate, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError, type Finding } from '@easycerts/core';
import { createForeignCsr, encodePem, isPrivateKeyOf, privateKeyToPem } from '@easycerts/pki';
import { answerDiffers, renewBeforeMs } from '../../core/cfssl/cfssl-rules.ts';
import type { CfsslSpec, KeyKind, KeyPairFiles } from '../../core/cfssl/cfssl-spec.ts';
import { hostsOfNames } from '../../core/cfssl/host-names.ts';
import type { LeafFacts } from '../../core/observation.ts';
import type { KnownCa } from './authorities.ts';
import type { CfsslClient } from './cfssl-client.ts';
import { foreignLeafOf, isIssuedBy } from './foreign-certificates.ts';

export interface CfsslRequest {
  readonly spec: CfsslSpec;
  readonly keyPair: KeyPairFiles;
  readonly ca: KnownCa;
  readonly rootCa?: string;
  readonly key?: Uint8Array;
  readonly client: CfsslClient;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Told about every certificate that the CA has issued, wanted or not: the breaker counts them. */
  readonly onIssued: (serial: string) => Promise<void>;
}

export interface ObtainedFromCfssl {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly leaf: LeafFacts;
}

/** Asks and checks. AppError of the client, or FAILED_PRECONDITION for an answer that is wrong. */
export async function requestFromCfssl(request: CfsslRequest): Promise<ObtainedFromCfssl> {
  const { spec, keyPair, client, signal, rootCa, key } = request;
  const { names, subject, keyKind } = keyPair.request;
  const pair = await makeKeyPair(keyKind);
  const csrPem = encodePem('CERTIFICATE REQUEST', createForeignCsr({ ...pair, subject, names }));
  const answer = await client.sign({
    authority: spec.authority,
    csrPem,
    hosts: hostsOfNames(names),
    signal,
    ...(rootCa === undefined ? {} : { rootCa }),
    ...(key === undefined ? {} : { key }),
  });
  const keyPem = privateKeyToPem(pair.privateKey);
  const leaf = await checkedAnswer(answer, keyPem, request);
  return { certificatePem: `${answer.trim()}\n`, keyPem, leaf };
}

/** Whether a certificate and key that were obtained once may still be delivered. */
export function isStillGood(
  { certificatePem, keyPem }: Pick<ObtainedFromCfssl, 'certificatePem' | 'keyPem'>,
  { spec, ca, now }: Pick<CfsslRequest, 'spec' | 'ca' | 'now'>,
): boolean {
  try {
    return problemOf(foreignLeafOf(certificatePem), keyPem, { spec, ca, nowMs: now() }) === undefined;
  } catch {
    return false;
  }
}

async function checkedAnswer(pem: string, keyPem: string, request: CfsslRequest): Promise<LeafFacts> {
  const { spec, ca, now, onIssued } = request;
  let parsed: ReturnType<typeof foreignLeafOf>;
  try {
    parsed = foreignLeafOf(pem);
  } catch (cause) {
    // It was issued all the same
    await onIssued(`unreadable-${now()}`);
    throw wrongAnswer(spec.name, { reason: 'unreadable', detail: 'it is no certificate' }, cause);
  }
  await onIssued(parsed.leaf.serial);
  const problem = problemOf(parsed, keyPem, { spec, ca, nowMs: now() });
  if (problem !== undefined) throw wrongAnswer(spec.name, problem);
  return parsed.leaf;
}

type Parsed = ReturnType<typeof foreignLeafOf>;

function problemOf(
  { leaf, certificate }: Parsed,
  keyPem: string,
  { spec, ca, nowMs }: { readonly spec: CfsslSpec; readonly ca: KnownCa; readonly nowMs: number },
): Finding | undefined {
  if (!isPrivateKeyOf(keyPem, certificate)) {
    return { reason: 'key', detail: 'the certificate is for another key than ours' };
  }
  const difference = answerDiffers(spec, leaf);
  if (difference !== undefined) return difference;
  if (!isIssuedBy(certificate, ca)) {
    return { reason: 'issuer', detail: 'it is not signed by the CA that the same server shows' };
  }
  const [from, until, now] = [leaf.notBeforeMs, leaf.notAfterMs, nowMs].map((ms) => new Date(ms).toISOString());
  if (nowMs < leaf.notBeforeMs) return { reason: 'not-yet-valid', detail: `valid from ${from} on, it is ${now} here` };
  if (nowMs < renewBeforeMs(leaf, spec.beforeMs)) return undefined;
  return { reason: 'validity', detail: `valid until ${until}, which is due for renewal already` };
}

async function makeKeyPair(kind: KeyKind): Promise<{ readonly privateKey: KeyObject; readonly publicKey: KeyObject }> {
  if (kind === 'ed25519') return promisify(generate)('ed25519');
  const [algorithm, size] = kind.split('-');
  return algorithm === 'rsa'
    ? promisify(generate)('rsa', { modulusLength: Number(size) })
    : promisify(generate)('ec', { namedCurve: `P-${size}` });
}

function wrongAnswer(name: string, { reason, detail }: Finding, cause?: unknown): AppError {
  const cure =
    reason === 'not-yet-valid'
      ? 'set the clock of this host'
      : `compare the profile of the CA with the spec ${name}: subject, hosts, key_usages, key`;
  return new AppError('FAILED_PRECONDITION', `certificate ${name}: the CA's answer is refused: ${detail}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { reason, cure },
  });
}
