/**
 * Looks at the files of specs. What was read is kept and trusted as long as the inodes and times of the files are the same, so
 * that looking again costs three status calls a spec.
 */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, type Stats, statSync } from 'node:fs';
import { toAppError } from '@easycerts/core';
import { parseBundle, readSubjectAttributes } from '@easycerts/pki';
import type { UserIds, Users } from '@easycerts/runtime';
import { type CfsslSpec, filesOfSpec, type ManagedFile } from '../../core/cfssl/cfssl-spec.ts';
import { type BundleState, type CertificateObservation, type LeafFacts, leafFactsOf } from '../../core/observation.ts';
import type { KnownCa } from './authorities.ts';

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
  readonly version: string;
  readonly facts: Facts & { readonly bundle: BundleState };
}

export class FileObserver {
  readonly #users: Users;
  readonly #cas = new CaFiles();
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
      const version = [...files.map(({ status }) => versionOf(status)), ca?.digest].join(' ');
      const known = this.#remembered.get(spec.name);
      const facts = known?.version === version ? known.facts : this.#factsOf(spec, ca);
      if (facts !== known?.facts) this.#remembered.set(spec.name, { version, facts });
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
    return { ...factsOf(spec, ca?.certificate ?? own), bundle: bundleState(spec, own, ca) };
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

/** `ecdsa-521`, `rsa-2048`: in the words of specs. */
export function describeKey(key: KeyObject): string {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key;
  if (type === 'rsa') return `rsa-${details?.modulusLength ?? 0}`;
  const curve = details?.namedCurve ?? '';
  return type === 'ec' ? `ecdsa-${{ prime256v1: 256, secp384r1: 384, secp521r1: 521 }[curve] ?? curve}` : type;
}

/** A leaf with everything that specs may ask for. */
export function foreignLeafOf(pem: string): { readonly leaf: LeafFacts; readonly certificate: X509Certificate } {
  const [facts] = parseBundle(pem);
  if (facts === undefined) throw new Error('no certificate');
  const certificate = new X509Certificate(facts.der);
  const subjectAttributes = readSubjectAttributes(facts.subjectDer).map(({ type, value }) => `${type}=${value}`);
  const keyDescription = describeKey(certificate.publicKey);
  return { leaf: { ...leafFactsOf(facts), subjectAttributes: subjectAttributes.sort(), keyDescription }, certificate };
}

/** Whether the CA has signed it: by OpenSSL, which knows more kinds of keys than our own certificates have. */
export function isIssuedBy(certificate: X509Certificate, ca: X509Certificate): boolean {
  return certificate.checkIssued(ca) && certificate.verify(ca.publicKey);
}

function factsOf({ keyPair }: CfsslSpec, issuer: X509Certificate | undefined): Facts {
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
  const key = privateKeyOf(keyPem);
  if (key === undefined) return { kind: 'unreadable', detail: `${keyFile.path}: not an unencrypted private key` };
  const { leaf, certificate } = parsed;
  const isIssuerTrusted = issuer === undefined || isIssuedBy(certificate, issuer);
  return { kind: 'present', leaf, doesKeyMatch: certificate.checkPrivateKey(key), isIssuerTrusted };
}

function bundleState({ ca: file }: CfsslSpec, own: X509Certificate | undefined, ca: KnownCa | undefined): BundleState {
  if (file === undefined) return 'current';
  if (own === undefined) return 'damaged';
  if (ca === undefined) return 'unknown';
  return own.fingerprint256 === ca.certificate.fingerprint256 ? 'current' : 'outdated';
}

/** Many specs keep the same few CAs in files of their own: each is parsed once. */
class CaFiles {
  readonly #parsed = new Map<string, X509Certificate | undefined>();

  /** The first certificate of a file; undefined when there is none. */
  read(path: string): X509Certificate | undefined {
    try {
      const text = readFileSync(path, 'latin1');
      if (this.#parsed.has(text)) return this.#parsed.get(text);
      if (this.#parsed.size >= keptCas) this.#parsed.clear();
      this.#parsed.set(text, undefined);
      const certificate = new X509Certificate(text);
      this.#parsed.set(text, certificate);
      return certificate;
    } catch {
      return undefined;
    }
  }
}

const keptCas = 32;

/** Without OpenSSL's text, which may quote what it read. */
function privateKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined ? undefined : readFileSync(path, 'latin1');
}

/** Owner and mode change the times too. */
function versionOf(status: Stats | undefined): string {
  return status === undefined ? '-' : `${status.ino}:${status.size}:${status.mtimeMs}:${status.ctimeMs}`;
}
