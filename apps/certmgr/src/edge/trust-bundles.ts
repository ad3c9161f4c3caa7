/** The trust bundles of the authorities, as the CA last said: kept on disk, so that a host without the CA knows them too. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { type AuthorityName, authorityNames, type Paths } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { type CertificateFacts, encodePem, parseBundle } from '@easycerts/pki';
import type { Authority } from './authority.ts';
import { writeState } from './state-file.ts';

export interface TrustBundle {
  readonly authority: AuthorityName;
  /** Only the certificates, one after another. */
  readonly pem: string;
  readonly certificates: readonly CertificateFacts[];
  /** The same for the same certificates, in whatever order. */
  readonly digest: string;
}

/** Reads a bundle: CA certificates and nothing else. AppError INVALID_INPUT or DAMAGED. */
export function trustBundleOf(authority: AuthorityName, text: string): TrustBundle {
  const certificates = parseBundle(text);
  const foreign = certificates.find(({ isCa }) => !isCa);
  if (foreign !== undefined) {
    throw new AppError('DAMAGED', `trust bundle of ${authority}: ${foreign.subjectText} is no CA certificate`);
  }
  const pem = certificates.map(({ der }) => encodePem('CERTIFICATE', der)).join('');
  return { authority, pem, certificates, digest: bundleDigestOf(certificates) };
}

/** Names a set of certificates. */
export function bundleDigestOf(certificates: readonly CertificateFacts[]): string {
  const fingerprints = certificates.map(({ fingerprint }) => fingerprint).sort();
  return createHash('sha256')
    .update([...new Set(fingerprints)].join())
    .digest('hex')
    .slice(0, 32);
}

/** The bundles that are known on this host. */
export class TrustBundles {
  readonly #folder: string;
  readonly #known = new Map<AuthorityName, TrustBundle>();

  constructor(paths: Pick<Paths, 'certmgrState'>) {
    this.#folder = `${paths.certmgrState}/bundles`;
    for (const authority of this.#authoritiesOnDisk()) {
      const bundle = readQuietly(authority, `${this.#folder}/${authority}.pem`);
      if (bundle !== undefined) this.#known.set(authority, bundle);
    }
  }

  /** The bundle of an authority; undefined when the CA was never asked. */
  get(authority: AuthorityName): TrustBundle | undefined {
    return this.#known.get(authority);
  }

  /**
   * Asks the CA and keeps what it says; answers the authorities whose bundle is another one now. Throws what the call throws,
   * and DAMAGED or INVALID_INPUT, with everything as before, when one bundle of the answer makes no sense.
   */
  async refresh(ca: Authority, signal?: AbortSignal): Promise<readonly AuthorityName[]> {
    const { bundles } = await ca.getTrustBundle({ authorities: [] }, signal === undefined ? {} : { signal });
    const fetched = bundles.flatMap(({ authority, pem }) => {
      const name = authorityNames.find((known) => known === authority);
      return name === undefined ? [] : [trustBundleOf(name, pem)];
    });
    const changed = fetched.filter(({ authority, digest }) => this.#known.get(authority)?.digest !== digest);
    for (const bundle of changed) await this.#keep(bundle);
    return changed.map(({ authority }) => authority);
  }

  async #keep(bundle: TrustBundle): Promise<void> {
    await writeState(`${this.#folder}/${bundle.authority}.pem`, bundle.pem);
    this.#known.set(bundle.authority, bundle);
  }

  #authoritiesOnDisk(): readonly AuthorityName[] {
    try {
      const files = new Set(readdirSync(this.#folder));
      return authorityNames.filter((authority) => files.has(`${authority}.pem`));
    } catch {
      return [];
    }
  }
}

/** A damaged copy counts as none: it is fetched again. */
function readQuietly(authority: AuthorityName, path: string): TrustBundle | undefined {
  try {
    return trustBundleOf(authority, readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
