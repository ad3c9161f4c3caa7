/** What the files of a set say, without their owners and modes. */

import { type CertificateSpec, filesOfSet } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import {
  type CertificateFacts,
  isPrivateKeyOf,
  issuerOf,
  namesEqual,
  parseBundle,
  subjectsEqual,
} from '@easycerts/pki';
import { readSetTextsSync, type SetTexts } from '@easycerts/runtime';
import { trustedIssuers } from '../core/answer-checks.ts';
import {
  type BundleState,
  type CertificateObservation,
  type LeafFacts,
  leafFactsOf,
  type PresentSet,
} from '../core/observation.ts';
import { SharedValues } from './shared-values.ts';
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
  readonly #shared = new SharedValues();

  /** Reads and judges the set of a spec, which lies in `target`. Throws what {@link readSetTextsSync} throws. */
  read(spec: CertificateSpec, target: string, trusted: TrustBundle | undefined): FileFacts {
    const set = readSetTextsSync(spec.directory, target);
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

  #present(set: SetTexts, spec: CertificateSpec, trusted: TrustBundle | undefined): FileFacts {
    const [certificate, ...chain] = parseBundle(set.cert);
    if (certificate === undefined) return { kind: 'unreadable', detail: `${spec.directory}: no certificate` };
    const doesKeyMatch = isPrivateKeyOf(set.key, certificate);
    const own = this.#ownBundle(set.ca);
    const bundle = trusted?.certificates ?? own?.certificates;
    return {
      kind: 'present',
      leaf: this.#sharing(spec, leafFactsOf(certificate)),
      doesKeyMatch,
      isIssuerTrusted: bundle === undefined || issuerOf(certificate, trustedIssuers(chain, bundle)) !== undefined,
      bundle: bundleState(own, trusted),
    };
  }

  /** What is as the spec says, or as in other sets, is kept once: facts of ten thousand sets are held for as long as we run. */
  #sharing(spec: CertificateSpec, leaf: LeafFacts): LeafFacts {
    const isNamed = namesEqual(leaf.alternativeNames, spec.alternativeNames);
    return {
      ...this.#shared.leaf(leaf),
      subject: subjectsEqual(leaf.subject, spec.subject) ? spec.subject : leaf.subject,
      alternativeNames: isNamed ? spec.alternativeNames : leaf.alternativeNames,
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
