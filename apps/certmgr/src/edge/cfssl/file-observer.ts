/**
 * Looks at the files of specs. What was read is kept and trusted as long as the inodes and times of the files are the same, so
 * that looking again costs three status calls a spec.
 */

import { readFileSync, type Stats, statSync } from 'node:fs';
import { systemErrorCode, toAppError } from '@easycerts/core';
import { isPrivateKeyOf } from '@easycerts/pki';
import type { UserIds, Users } from '@easycerts/runtime';
import { type CfsslSpec, filesOfSpec, type ManagedFile } from '../../core/cfssl/cfssl-spec.ts';
import type { BundleState, CertificateObservation, LeafFacts } from '../../core/observation.ts';
import { type FileVersion, isSameVersion, versionOfFiles } from '../file-version.ts';
import { SharedValues } from '../shared-values.ts';
import type { KnownCa } from './authorities.ts';
import { type CaCertificate, CaFiles, foreignLeafOf, isIssuedBy } from './foreign-certificates.ts';

type Facts =
  | Exclude<CertificateObservation, { readonly wrongModes: unknown }>
  | {
      readonly kind: 'present';
      readonly leaf: LeafFacts;
      readonly doesKeyMatch: boolean;
      readonly isIssuerTrusted: boolean;
    }
  | { readonly kind: 'bundle-only' };

interface Remembered {
  readonly version: FileVersion;
  /** Digest of the CA that they were compared with. */
  readonly ca: string | undefined;
  readonly facts: Facts & { readonly bundle: BundleState };
}

export class FileObserver {
  readonly #users: Users;
  readonly #cas = new CaFiles();
  readonly #shared = new SharedValues();
  #remembered = new Map<string, Remembered>();
  #ids = new Map<string, UserIds | undefined>();

  constructor(users: Users) {
    this.#users = users;
  }

  /** Begins a new pass: users are looked up again, specs that are gone are forgotten. */
  begin(names: ReadonlySet<string>): void {
    this.#ids = new Map();
    for (const name of this.#remembered.keys()) if (!names.has(name)) this.#remembered.delete(name);
  }

  /** The facts, compared with the CA if it is known. Never throws. */
  observe(spec: CfsslSpec, ca: KnownCa | undefined): CertificateObservation {
    try {
      const files = filesOfSpec(spec).map((file) => ({ file, status: statSync(file.path, { throwIfNoEntry: false }) }));
      const [one, two, three] = files.map(({ status }) => status);
      const version = versionOfFiles(one, two, three);
      const known = this.#remembered.get(spec.name);
      const isKnown = known !== undefined && known.ca === ca?.digest && isSameVersion(known.version, version);
      const facts = isKnown ? known.facts : this.#factsOf(spec, ca);
      if (!isKnown) this.#remembered.set(spec.name, { version, ca: ca?.digest, facts });
      if (facts.kind !== 'present' && facts.kind !== 'bundle-only') return facts;
      const wrongModes = files.flatMap(({ file, status }) =>
        status === undefined ? [] : this.#wrongModes(file, status),
      );
      return { ...facts, wrongModes };
    } catch (error) {
      const { code, message } = toAppError(error, `look at the files of ${spec.name}`);
      const isHopeless = code === 'PERMISSION_DENIED' || code === 'FAILED_PRECONDITION';
      return isHopeless ? { kind: 'inaccessible', code, detail: message } : { kind: 'unreadable', detail: message };
    }
  }

  /** Numbers of owner and group; undefined when we cannot give files away. AppError FAILED_PRECONDITION for unknown ones. */
  idsOf({ owner, group }: ManagedFile): UserIds | undefined {
    const account = `${owner ?? ''}:${group ?? ''}`;
    if (!this.#ids.has(account)) this.#ids.set(account, this.#users.idsOf(ownerOf({ owner }), groupOf({ group })));
    return this.#ids.get(account);
  }

  #factsOf(spec: CfsslSpec, ca: KnownCa | undefined): Remembered['facts'] {
    const own = spec.ca && this.#cas.read(spec.ca.path);
    const facts = factsOf(spec, ca ?? own);
    const bundle = bundleState(spec, own, ca);
    return facts.kind === 'present' ? { ...facts, leaf: this.#shared.leaf(facts.leaf), bundle } : { ...facts, bundle };
  }

  #wrongModes(file: ManagedFile, { mode, uid, gid }: Stats): readonly string[] {
    const ids = this.idsOf(file);
    const is = (mode & 0o7777).toString(8).padStart(4, '0');
    const should = file.mode.toString(8).padStart(4, '0');
    return [
      ...(is === should ? [] : [`${file.path}: mode is ${is}, should be ${should}`]),
      ...(ids === undefined || (ids.uid === uid && ids.gid === gid)
        ? []
        : [`${file.path}: owner is ${uid}:${gid}, should be ${ids.uid}:${ids.gid}`]),
    ];
  }
}

/** Those of the process where the spec names none. */
export function ownerOf({ owner }: { readonly owner?: string | undefined }): string {
  return owner ?? String(process.geteuid?.() ?? 0);
}

export function groupOf({ group }: { readonly group?: string | undefined }): string {
  return group ?? String(process.getegid?.() ?? 0);
}

function factsOf({ keyPair }: CfsslSpec, issuer: CaCertificate | undefined): Facts {
  if (keyPair === undefined) return { kind: 'bundle-only' };
  const { certificate: certificateFile, privateKey: keyFile } = keyPair;
  const [pem, keyPem] = [certificateFile, keyFile].map(({ path }) => textOf(path));
  if (!pem || !keyPem) {
    return { kind: 'missing', detail: `${(pem ? keyFile : certificateFile).path} is missing or empty` };
  }
  let parsed: ReturnType<typeof foreignLeafOf>;
  try {
    parsed = foreignLeafOf(pem);
  } catch (error) {
    return { kind: 'unreadable', detail: `${certificateFile.path}: ${toAppError(error, 'read it').message}` };
  }
  const { leaf, certificate } = parsed;
  let doesKeyMatch: boolean;
  try {
    doesKeyMatch = isPrivateKeyOf(keyPem, certificate);
  } catch (error) {
    return { kind: 'unreadable', detail: `${keyFile.path}: ${toAppError(error, 'read it').message}` };
  }
  const isIssuerTrusted = issuer === undefined || isIssuedBy(certificate, issuer);
  return { kind: 'present', leaf, doesKeyMatch, isIssuerTrusted };
}

function bundleState({ ca: file }: CfsslSpec, own: CaCertificate | undefined, ca: KnownCa | undefined): BundleState {
  if (file === undefined) return 'current';
  if (own === undefined) return 'damaged';
  if (ca === undefined) return 'unknown';
  return own.certificate.fingerprint256 === ca.certificate.fingerprint256 ? 'current' : 'outdated';
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
