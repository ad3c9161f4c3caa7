/**
 * Looks at certificate sets on disk. What was read is kept and trusted as long as the inodes and the times of the
 * files are the same, so that looking at ten thousand sets again costs five status calls each.
 */

import type { CertificateSpec } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import { resolveSet, type SetModes, type SetStatus, statSetSync, type Users, wrongModes } from '@easycerts/runtime';
import type { CertificateObservation } from '../core/observation.ts';
import { type FileVersion, isSameVersion, versionOfFiles } from './file-version.ts';
import { type FileFacts, SetFacts } from './set-facts.ts';
import type { TrustBundle } from './trust-bundles.ts';

interface Remembered {
  readonly version: FileVersion;
  /** Digest of the trust bundle that the files were compared with. */
  readonly bundle: string | undefined;
  readonly facts: FileFacts;
}

export class Observer {
  readonly #users: Users;
  readonly #facts = new SetFacts();
  readonly #remembered = new Map<string, Remembered>();
  #ids = new Map<string, SetModes['keyOwner']>();

  constructor(users: Users) {
    this.#users = users;
  }

  /** Begins a new pass: users are looked up again, sets without a spec are forgotten. */
  begin(directories: ReadonlySet<string>): void {
    this.#ids = new Map();
    for (const directory of this.#remembered.keys()) {
      if (!directories.has(directory)) this.#remembered.delete(directory);
    }
  }

  /** The facts of one set, compared with the trust bundle of its authority if that is known. Never throws. */
  observe(spec: CertificateSpec, trusted: TrustBundle | undefined): CertificateObservation {
    try {
      return this.#observe(spec, trusted);
    } catch (error) {
      const { code, message } = toAppError(error, `look at ${spec.directory}`);
      if (code === 'NOT_FOUND') return { kind: 'missing', detail: `there is no ${spec.directory}` };
      // Not allowed to look, or the owner of the key does not exist: a new certificate would meet the same
      const isHopeless = code === 'PERMISSION_DENIED' || code === 'FAILED_PRECONDITION';
      return isHopeless ? { kind: 'inaccessible', code, detail: message } : { kind: 'unreadable', detail: message };
    }
  }

  /** Owner and mode of the key as the spec wants them. AppError FAILED_PRECONDITION when the owner does not exist. */
  modesOf({ owner, group, keyMode }: CertificateSpec): SetModes {
    const account = `${owner}:${group}`;
    if (!this.#ids.has(account)) this.#ids.set(account, this.#users.idsOf(owner, group));
    return { keyMode, keyOwner: this.#ids.get(account) };
  }

  #observe(spec: CertificateSpec, trusted: TrustBundle | undefined): CertificateObservation {
    const target = resolveSet(spec.directory);
    const status = statSetSync(target);
    const facts =
      status === undefined ? this.#facts.read(spec, target, trusted) : this.#factsOf(spec, { target, status, trusted });
    if (facts.kind !== 'present') return facts;
    const wrong = status === undefined ? [] : wrongModes(target, status, this.modesOf(spec));
    return { ...facts, wrongModes: wrong.map(({ path, detail }) => `${path}: ${detail}`) };
  }

  #factsOf(spec: CertificateSpec, { target, status, trusted }: Seen): FileFacts {
    const version = versionOfFiles(status.cert, status.key, status.ca);
    const known = this.#remembered.get(spec.directory);
    if (known !== undefined && known.bundle === trusted?.digest && isSameVersion(known.version, version)) {
      return known.facts;
    }
    const facts = this.#facts.read(spec, target, trusted);
    this.#remembered.set(spec.directory, { version, bundle: trusted?.digest, facts });
    return facts;
  }
}

interface Seen {
  readonly target: string;
  readonly status: SetStatus;
  readonly trusted: TrustBundle | undefined;
}
