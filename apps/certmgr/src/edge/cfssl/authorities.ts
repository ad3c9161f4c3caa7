/**
 * The CAs that specs name, as their servers last said: on disk, so that a host whose CA is away starts and judges what it has.
 * Specs of the same server, label and profile share one, and are asked for together.
 */

import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { AppError, type Clock, perObject, secondMs } from '@easycerts/core';
import { type CertificateFacts, parseBundle } from '@easycerts/pki';
import type { CfsslAuthority } from '../../core/cfssl/cfssl-spec.ts';
import type { RetryBook } from '../retry-book.ts';
import { writeState } from '../state-file.ts';
import { bundleDigestOf } from '../trust-bundles.ts';
import type { CachedFiles } from './cached-files.ts';
import type { CfsslClient } from './cfssl-client.ts';

export interface KnownCa {
  readonly pem: string;
  readonly certificate: X509Certificate;
  readonly facts: CertificateFacts;
  readonly digest: string;
  readonly notAfterMs: number;
}

export interface AuthoritiesParts {
  readonly folder: string;
  readonly client: CfsslClient;
  readonly files: CachedFiles;
  readonly clock: Clock;
  readonly retries: RetryBook;
  readonly signal: AbortSignal;
  /** Told about a server that could not be asked, the first time and then more rarely. */
  readonly onFailure: (error: AppError) => void;
}

/** Many specs that are due at once ask once. */
const freshMs = 5 * secondMs;

export class Authorities {
  readonly #parts: AuthoritiesParts;
  readonly #known = new Map<string, KnownCa | undefined>();
  readonly #askedAtMs = new Map<string, number>();
  readonly #asking = new Map<string, Promise<void>>();

  constructor(parts: AuthoritiesParts) {
    this.#parts = parts;
  }

  /** What is known of the CA; undefined: it was never asked. */
  get(authority: CfsslAuthority): KnownCa | undefined {
    const id = authorityIdOf(authority);
    if (!this.#known.has(id)) this.#known.set(id, this.#readQuietly(id));
    return this.#known.get(id);
  }

  /** When its server last answered, milliseconds since the epoch. */
  askedAtMs(authority: CfsslAuthority): number {
    return this.#askedAtMs.get(authorityIdOf(authority)) ?? Number.NEGATIVE_INFINITY;
  }

  /** When it is asked again after a failure; undefined: the last time it answered. */
  retryAtMs(authority: CfsslAuthority): number | undefined {
    return this.#parts.retries.get(keyOf(authority))?.retryAtMs;
  }

  /** Asks the server for its CA unless that has just been done. Throws what the client throws, the last error while it rests. */
  async freshen(authority: CfsslAuthority): Promise<void> {
    const { clock, retries } = this.#parts;
    const nowMs = clock.now().getTime();
    if (Math.abs(nowMs - this.askedAtMs(authority)) < freshMs) return;
    const failed = retries.get(keyOf(authority));
    if (failed !== undefined && retries.isWaiting(keyOf(authority), nowMs)) throw failed.error;
    const id = authorityIdOf(authority);
    const asking = this.#asking.get(id) ?? this.#ask(authority).finally(() => this.#asking.delete(id));
    this.#asking.set(id, asking);
    await asking;
  }

  /** PEM of the CA that the server's certificate must be of. */
  rootCaOf({ rootCa }: CfsslAuthority): { readonly rootCa?: string } {
    return rootCa === undefined ? {} : { rootCa: this.#parts.files.read(rootCa) };
  }

  async #ask(authority: CfsslAuthority): Promise<void> {
    const { client, clock, retries, signal, onFailure } = this.#parts;
    try {
      const answered = knownCaOf(await client.info({ authority, ...this.rootCaOf(authority), signal }), authority);
      if (this.get(authority)?.digest !== answered.digest) await this.#keep(authority, answered);
      this.#askedAtMs.set(authorityIdOf(authority), clock.now().getTime());
      retries.succeed(keyOf(authority));
    } catch (error) {
      if (signal.aborted) throw error;
      const attempt = retries.fail(keyOf(authority), error, clock.now().getTime());
      if (attempt.isWorthTelling) onFailure(attempt.error);
      throw attempt.error;
    }
  }

  async #keep(authority: CfsslAuthority, ca: KnownCa): Promise<void> {
    const id = authorityIdOf(authority);
    mkdirSync(this.#parts.folder, { recursive: true, mode: 0o700 });
    await writeState(`${this.#parts.folder}/${id}.pem`, ca.pem);
    this.#known.set(id, ca);
  }

  #readQuietly(id: string): KnownCa | undefined {
    try {
      return knownCaOf(readFileSync(`${this.#parts.folder}/${id}.pem`, 'utf8'));
    } catch {
      return undefined;
    }
  }
}

/** The same for everything that is answered alike. Asked for every spec at every pass: made once. */
export const authorityIdOf = perObject(({ remotes, label, profile, rootCa }: CfsslAuthority): string => {
  const text = JSON.stringify([remotes, label, profile, rootCa ?? '']);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
});

function keyOf(authority: CfsslAuthority) {
  return { name: authorityIdOf(authority), digest: '' };
}

/** What a server answered: one certificate of a CA. */
function knownCaOf(pem: string, authority?: CfsslAuthority): KnownCa {
  try {
    const [facts] = parseBundle(pem);
    if (facts === undefined || !facts.isCa) throw new AppError('DAMAGED', 'it is no certificate of a CA');
    const certificate = new X509Certificate(facts.der);
    const text = `${certificate.toString().trim()}\n`;
    return { pem: text, certificate, facts, digest: bundleDigestOf([facts]), notAfterMs: facts.notAfter.getTime() };
  } catch (cause) {
    const message = `ask ${authority?.remotes[0] ?? 'the CA'} for its certificate: what it answered is none of a CA`;
    throw new AppError('DAMAGED', message, { cause });
  }
}
