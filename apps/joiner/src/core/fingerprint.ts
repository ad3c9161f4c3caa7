/** What a component was started with, as hashes: when one differs from what lies on disk, something has to happen. */

import { createHash } from 'node:crypto';
import type { ComponentSpec, OnChange } from '@easycerts/cluster';
import type { ComponentActionReason } from '@easycerts/core';

export interface CertificateFingerprint {
  /** Of `tls.crt` and `tls.key`. */
  readonly leaf: string;
  /** Of `ca.crt`. */
  readonly bundle: string;
}

/** Inputs that are not on disk are not in the maps. */
export interface Fingerprint {
  /** Of the program, its arguments, environment and user. */
  readonly unit: string;
  /** By path. */
  readonly files: Readonly<Record<string, string>>;
  /** By name in the certificate list. */
  readonly certificates: Readonly<Record<string, CertificateFingerprint>>;
}

/** One difference between what a component runs with and what lies on disk. */
export interface Change {
  readonly reason: Extract<ComponentActionReason, 'unit-changed' | 'config-changed' | 'certificate-changed'>;
  /** What changed, for people and events: `unit`, a path, `certificate kubelet`, `CA bundle of kubelet`. */
  readonly what: string;
  readonly onChange: OnChange;
  /** Name of the certificate, when it is one. */
  readonly certificate?: string;
}

/** A hash of contents, in their order; each is set off from the next. */
export function hashOf(...contents: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length}:`).update(content);
  return hash.digest('hex').slice(0, 40);
}

/**
 * The hash of what a process takes from its spec. Time limits, health and descriptions are none of its business; nor is anything
 * else that of a packaged unit, which the package starts again when it has a new one.
 */
export function unitHashOf(spec: ComponentSpec): string {
  if (spec.isPackaged) return hashOf('packaged');
  const env = Object.entries(spec.env).sort(([a], [b]) => (a < b ? -1 : 1));
  return hashOf(JSON.stringify([spec.argv, env, spec.user, spec.group]));
}

/** Inputs of a component that are not on disk yet, in words: it cannot be started before. */
export function missingInputs(spec: ComponentSpec, observed: Fingerprint): readonly string[] {
  const certificates = spec.certificates.filter(({ name }) => observed.certificates[name] === undefined);
  const files = spec.files.filter(({ path }) => observed.files[path] === undefined);
  return [...certificates.map(({ name }) => `certificate ${name}`), ...files.map(({ path }) => `file ${path}`)];
}

/**
 * What changed since the component was started. An input that has gone is no change: the component goes on with what it has.
 * An input that is new to the component counts like a changed one.
 */
export function changesOf(spec: ComponentSpec, startedWith: Fingerprint, observed: Fingerprint): readonly Change[] {
  const changes: Change[] = [];
  if (startedWith.unit !== observed.unit) changes.push({ reason: 'unit-changed', what: 'unit', onChange: 'restart' });
  for (const { path, onChange } of spec.files) {
    const now = observed.files[path];
    if (now !== undefined && now !== startedWith.files[path])
      changes.push({ reason: 'config-changed', what: path, onChange });
  }
  for (const use of spec.certificates) {
    const now = observed.certificates[use.name];
    const before = startedWith.certificates[use.name];
    if (now === undefined) continue;
    const common = { reason: 'certificate-changed', certificate: use.name } as const;
    if (now.leaf !== before?.leaf)
      changes.push({ ...common, what: `certificate ${use.name}`, onChange: use.onLeafChange });
    if (now.bundle !== before?.bundle)
      changes.push({ ...common, what: `CA bundle of ${use.name}`, onChange: use.onBundleChange });
  }
  return changes;
}

/** Whether two fingerprints are the same in everything. */
export function isSameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  return canonical(a) === canonical(b);
}

function canonical({ unit, files, certificates }: Fingerprint): string {
  return JSON.stringify([
    unit,
    sorted(files),
    sorted(certificates).map(([name, { leaf, bundle }]) => [name, leaf, bundle]),
  ]);
}

function sorted<T>(map: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}
