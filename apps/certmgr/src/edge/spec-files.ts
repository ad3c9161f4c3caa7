/** The specs of this host, as config-renderer wrote them: one JSON file a certificate. A file is read again when it changed. */

import { readFileSync } from 'node:fs';
import { type CertificateSpec, deepFreeze } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { specDigestOf } from '../core/spec-digest.ts';
import { parseSpecFile } from '../core/spec-schema.ts';
import { SharedValues } from './shared-values.ts';
import { type FileResult, type FolderOfSpecs, SpecFolder, type SpecProblem } from './spec-folder.ts';

export type { SpecProblem } from './spec-folder.ts';

export interface LoadedSpec {
  readonly file: string;
  readonly spec: CertificateSpec;
  readonly digest: string;
}

export interface LoadedSpecs {
  /** In the order of their names. */
  readonly specs: readonly LoadedSpec[];
  readonly problems: readonly SpecProblem[];
}

/** Reads the specs of one directory, again and again; what did not change costs one look at its inode. */
export class SpecFiles {
  readonly #folder: SpecFolder<LoadedSpec>;
  readonly #shared = new SharedValues();

  constructor(directory: string) {
    this.#folder = new SpecFolder({
      path: directory,
      isSpec: (name) => name.endsWith('.json'),
      read: (file) => this.#read(file),
    });
  }

  /**
   * Everything that can be used, and everything that is wrong. Specs that share a name or a directory are all left out:
   * nobody knows which one is meant. No directory means no specs. AppError when it cannot be listed.
   */
  load(): LoadedSpecs {
    return withoutShared(this.#folder.load());
  }

  #read(file: string): FileResult<LoadedSpec> {
    const parsed = parseSpecFile(readFileSync(file, 'utf8'));
    if (parsed.kind === 'problems') return parsed;
    const spec = this.#sharing(parsed.spec);
    return { kind: 'loaded', loaded: { file, spec, digest: specDigestOf(spec) } };
  }

  /** What many specs say alike is kept once: there may be ten thousand. */
  #sharing(spec: CertificateSpec): CertificateSpec {
    const { subject, alternativeNames, usages, usedBy } = spec;
    const shared = this.#shared;
    return deepFreeze({
      ...spec,
      subject: { ...subject, organizations: shared.list(subject.organizations) },
      alternativeNames: { ...alternativeNames, ip: shared.list(alternativeNames.ip) },
      usages: shared.list(usages),
      usedBy: shared.list(usedBy),
    });
  }
}

/** One error for all problems, exit code 2. */
export function specError(
  problems: readonly SpecProblem[],
  cure = 'let config-renderer write the files again: `easycerts config-renderer apply`',
): AppError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new AppError('INVALID_CONFIG', `certificate specs: ${count}`, {
    details: { problems, cure },
  });
}

function withoutShared({ loaded, problems: found }: FolderOfSpecs<LoadedSpec>): LoadedSpecs {
  const problems = [...found];
  const isShared = new Set<LoadedSpec>();
  for (const key of ['name', 'directory'] as const) {
    if (new Set(loaded.map(({ spec }) => spec[key])).size === loaded.length) continue;
    for (const [value, sharing] of Map.groupBy(loaded, ({ spec }) => spec[key])) {
      if (sharing.length === 1) continue;
      for (const one of sharing) {
        const others = sharing.filter((other) => other !== one).map(({ file }) => file);
        isShared.add(one);
        problems.push({ path: `${one.file}: ${key}`, message: `${value} is also that of ${others.join(', ')}` });
      }
    }
  }
  const specs = loaded.filter((one) => !isShared.has(one)).sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
  return { specs, problems };
}
