/** What the files of a set say, without their owners and modes. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type CertificateSpec, filesOfSet } from '@easycerts/cluster';
import { AppError, toAppError } from '@easycerts/core';
import { type CertificateFacts, issuerOf, namesEqual, parseBundle, subjectsEqual } from '@easycerts/pki';
import { type CertificateSet, readSetSync } from '@easycerts/runtime';
import { trustedIssuers } from '../core/answer-checks.ts';
import {
  type BundleState,
  type CertificateObservation,
  type LeafFacts,
  leafFactsOf,
  type PresentSet,
} from '../core/observation.ts';
import { bundleDigestOf, type TrustBundle } from './trust-bundles.ts';

/** What follows from the files and the trust bundle, and from nothing else. */
export type FileFacts =
  | Omit<PresentSet, 'wrongModes'>
  | Extract<CertificateObservation, { kind: 'missing' | 'unreadable' }>;

interface OwnBundle {
  readonly certificates: readonly CertificateFacts[];
  readonly digest: string;
}

/** Different bundles on one host: one for each authority, two during a rotation. */
const keptBundles = 32;

export class SetFacts {
  /** Almost all sets of a host have the same few `ca.crt`: each is parsed once. */
  readonly #bundles = new Map<string, OwnBundle | undefined>();

  /** Reads and judges the set of a spec. Throws what {@link readSetSync} throws. */
  read(spec: CertificateSpec, trusted: TrustBundle | undefined): FileFacts {
    const set = readSetSync(spec.directory, { emptyIfMissing: true });
    const missing = (['cert', 'key'] as const).find((part) => set[part].length === 0);
    if (missing !== undefined) {
      return { kind: 'missing', detail: `${filesOfSet(spec.directory)[missing]} is missing or empty` };
    }
    try {
      return this.#present(set, spec, trusted);
    } catch (error) {
      return { kind: 'unreadable', detail: `${spec.directory}: ${toAppError(error, 'read it').message}` };
    }
  }

  #present(set: CertificateSet, spec: CertificateSpec, trusted: TrustBundle | undefined): FileFacts {
    const [certificate, ...chain] = parseBundle(set.cert.toString('latin1'));
    if (certificate === undefined) return { kind: 'unreadable', detail: `${set.directory}: no certificate` };
    const doesKeyMatch = isKeyOf(certificate, set.key);
    const own = this.#ownBundle(set.ca.toString('latin1'));
    const bundle = trusted?.certificates ?? own?.certificates;
    return {
      kind: 'present',
      leaf: sharingWith(spec, leafFactsOf(certificate)),
      doesKeyMatch,
      isIssuerTrusted: bundle === undefined || issuerOf(certificate, trustedIssuers(chain, bundle)) !== undefined,
      bundle: bundleState(own, trusted),
    };
  }

  #ownBundle(pem: string): OwnBundle | undefined {
    if (this.#bundles.has(pem)) return this.#bundles.get(pem);
    if (this.#bundles.size >= keptBundles) this.#bundles.clear();
    const bundle = ownBundleOf(pem);
    this.#bundles.set(pem, bundle);
    return bundle;
  }
}

/** node:crypto compares them in a microsecond; AppError DAMAGED when the key is none. */
function isKeyOf(certificate: CertificateFacts, keyPem: Buffer): boolean {
  try {
    return new X509Certificate(certificate.der).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    // Without OpenSSL's text, which may quote what it read
    throw new AppError('DAMAGED', 'tls.key is not an unencrypted private key');
  }
}

/** What is as the spec says is kept once, by the spec: facts of ten thousand sets are held for as long as we run. */
function sharingWith(spec: CertificateSpec, leaf: LeafFacts): LeafFacts {
  const subject = subjectsEqual(leaf.subject, spec.subject) ? spec.subject : leaf.subject;
  const isNamed = namesEqual(leaf.alternativeNames, spec.alternativeNames);
  return { ...leaf, subject, alternativeNames: isNamed ? spec.alternativeNames : leaf.alternativeNames };
}

function bundleState(own: OwnBundle | undefined, trusted: TrustBundle | undefined): BundleState {
  if (own === undefined) return 'damaged';
  if (trusted === undefined) return 'unknown';
  return own.digest === trusted.digest ? 'current' : 'outdated';
}

function ownBundleOf(pem: string): OwnBundle | undefined {
  try {
    const certificates = parseBundle(pem);
    return { certificates, digest: bundleDigestOf(certificates) };
  } catch {
    return undefined;
  }
}
