/** Looks at everything components are started with, and makes fingerprints of it. */

import type { ComponentSpec } from '@easycerts/cluster';
import { filesOfSet } from '@easycerts/cluster';
import { readSetSync, resolveSet } from '@easycerts/runtime';
import type { CertificateFingerprint, Fingerprint } from '../core/fingerprint.ts';
import { hashOf, unitHashOf } from '../core/fingerprint.ts';
import { changedAtMs, versionOf } from './file-version.ts';
import { hashOfFile } from './hash-file.ts';

export interface Observation {
  readonly fingerprint: Fingerprint;
  /** Serial number of each certificate that is there, by name in the certificate list. */
  readonly serials: Readonly<Record<string, string>>;
}

interface ObservedSet {
  readonly hashes: CertificateFingerprint;
  readonly serial: string;
}

interface Remembered<T> {
  readonly version: string;
  readonly value: T | undefined;
}

/** Remembers what it has read: an unchanged file costs a stat. */
export class Observer {
  readonly #files = new Map<string, Remembered<string>>();
  readonly #sets = new Map<string, Remembered<ObservedSet>>();

  /** What lies on disk for a component now. What is missing or cannot be read is left out. */
  observe(spec: ComponentSpec): Observation {
    const sets = spec.certificates.flatMap(({ name, directory }) => entryOf(name, this.#observeSet(directory)));
    return {
      fingerprint: {
        unit: unitHashOf(spec),
        files: Object.fromEntries(spec.files.flatMap(({ path }) => entryOf(path, this.#observeFile(path)))),
        certificates: Object.fromEntries(sets.map(([name, { hashes }]) => [name, hashes])),
      },
      serials: Object.fromEntries(sets.map(([name, { serial }]) => [name, serial])),
    };
  }

  /** When the inputs of a component last changed: by the inodes, as a file that is moved into its place keeps its mtime. */
  lastChangeMs(spec: ComponentSpec): number {
    const sets = spec.certificates.map(({ directory }) => this.setChangeMs(directory));
    return Math.max(0, ...spec.files.map(({ path }) => changedAtMs(path)), ...sets);
  }

  /** What lies in a set now, as hashes; undefined when it is not there or cannot be read. */
  observeSet(directory: string): CertificateFingerprint | undefined {
    return this.#observeSet(directory)?.hashes;
  }

  /** When a set was last swapped. */
  setChangeMs(directory: string): number {
    return Math.max(...[directory, ...Object.values(filesOfSet(directory))].map(changedAtMs));
  }

  #observeFile(path: string): string | undefined {
    return remembered(this.#files, path, versionOf(path), () => hashOfFile(path));
  }

  #observeSet(directory: string): ObservedSet | undefined {
    return remembered(this.#sets, directory, versionOfSet(directory), () => {
      const { ca, cert, key, serial } = readSetSync(directory);
      return { hashes: { leaf: hashOf(cert, key), bundle: hashOf(ca) }, serial: serial ?? '' };
    });
  }
}

function remembered<T>(
  memory: Map<string, Remembered<T>>,
  path: string,
  version: string | undefined,
  read: () => T,
): T | undefined {
  if (version === undefined) {
    memory.delete(path);
    return undefined;
  }
  const known = memory.get(path);
  if (known?.version === version) return known.value;
  const value = valueOrNothing(read);
  memory.set(path, { version, value });
  return value;
}

function versionOfSet(directory: string): string | undefined {
  const target = valueOrNothing(() => resolveSet(directory));
  if (target === undefined) return undefined;
  const versions = Object.values(filesOfSet(target)).map((path) => versionOf(path));
  return versions.includes(undefined) ? undefined : [target, ...versions].join(' ');
}

function valueOrNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function entryOf<T>(name: string, value: T | undefined): readonly (readonly [string, T])[] {
  return value === undefined ? [] : [[name, value]];
}
