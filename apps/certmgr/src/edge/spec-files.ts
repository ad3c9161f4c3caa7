/** The specs of this host, as config-renderer wrote them: one JSON file a certificate. A file is read again when it changed. */

import { readFileSync } from 'node:fs';
import type { CertificateSpec } from '@easycerts/cluster';
import { AppError } from '@easycerts/core';
import { specDigestOf } from '../core/spec-digest.ts';
import { parseSpecFile } from '../core/spec-schema.ts';
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

  constructor(directory: string) {
    this.#folder = new SpecFolder({ path: directory, isSpec: (name) => name.endsWith('.json'), read: readSpec });
  }

  /**
   * Everything that can be used, and everything that is wrong. Specs that share a name or a directory are all left out:
   * nobody knows which one is meant. No directory means no specs. AppError when it cannot be listed.
   */
  load(): LoadedSpecs {
    return withoutShared(this.#folder.load());
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

function readSpec(file: string): FileResult<LoadedSpec> {
  const parsed = parseSpecFile(readFileSync(file, 'utf8'));
  if (parsed.kind === 'problems') return parsed;
  return { kind: 'loaded', loaded: { file, spec: parsed.spec, digest: specDigestOf(parsed.spec) } };
}
