/** The specs of this host, as config-renderer wrote them: one JSON file a certificate. A file is read again when it changed. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { CertificateSpec } from '@easycerts/cluster';
import { AppError, systemErrorCode, toAppError } from '@easycerts/core';
import { specDigestOf } from '../core/spec-digest.ts';
import { type ParsedSpec, parseSpecFile } from '../core/spec-schema.ts';

export interface LoadedSpec {
  readonly file: string;
  readonly spec: CertificateSpec;
  readonly digest: string;
}

/** A problem of one file; `path` is the file and the keys down to the problem. */
export interface SpecProblem {
  readonly path: string;
  readonly message: string;
}

export interface LoadedSpecs {
  /** In the order of their names. */
  readonly specs: readonly LoadedSpec[];
  readonly problems: readonly SpecProblem[];
}

type FileResult = { readonly kind: 'loaded'; readonly loaded: LoadedSpec } | Extract<ParsedSpec, { kind: 'problems' }>;

/** Reads the specs of one directory, again and again; what did not change costs one look at its inode. */
export class SpecFiles {
  readonly #directory: string;
  #results = new Map<string, { readonly version: string; readonly result: FileResult }>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Everything that can be used, and everything that is wrong. Specs that share a name or a directory are all left out:
   * nobody knows which one is meant. No directory means no specs. AppError when it cannot be listed.
   */
  load(): LoadedSpecs {
    const results = new Map<string, { readonly version: string; readonly result: FileResult }>();
    for (const name of this.#list()) {
      const file = `${this.#directory}/${name}`;
      const version = versionOf(file);
      if (version === undefined) continue;
      const known = this.#results.get(file);
      results.set(file, known?.version === version ? known : { version, result: readSpec(file) });
    }
    this.#results = results;
    return combine(results);
  }

  #list(): readonly string[] {
    try {
      return readdirSync(this.#directory)
        .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
        .sort();
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw toAppError(error, `list certificate specs in ${this.#directory}`);
    }
  }
}

/** One error for all problems, exit code 2. */
export function specError(problems: readonly SpecProblem[]): AppError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new AppError('INVALID_CONFIG', `certificate specs: ${count}`, {
    details: { problems, cure: 'let config-renderer write the files again: `easycerts config-renderer apply`' },
  });
}

function combine(results: ReadonlyMap<string, { readonly result: FileResult }>): LoadedSpecs {
  const problems: SpecProblem[] = [];
  const loaded: LoadedSpec[] = [];
  for (const [file, { result }] of results) {
    if (result.kind === 'loaded') loaded.push(result.loaded);
    else for (const { path, message } of result.problems) problems.push({ path: join(file, path), message });
  }
  const isShared = new Set<LoadedSpec>();
  for (const key of ['name', 'directory'] as const) {
    for (const [value, sharing] of Map.groupBy(loaded, ({ spec }) => spec[key])) {
      if (sharing.length === 1) continue;
      for (const one of sharing) {
        const others = sharing.filter((other) => other !== one).map(({ file }) => file);
        isShared.add(one);
        problems.push({ path: join(one.file, key), message: `${value} is also that of ${others.join(', ')}` });
      }
    }
  }
  const specs = loaded.filter((one) => !isShared.has(one)).sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
  return { specs, problems };
}

function readSpec(file: string): FileResult {
  try {
    const parsed = parseSpecFile(readFileSync(file, 'utf8'));
    if (parsed.kind === 'problems') return parsed;
    return { kind: 'loaded', loaded: { file, spec: parsed.spec, digest: specDigestOf(parsed.spec) } };
  } catch (error) {
    return { kind: 'problems', problems: [{ path: '', message: toAppError(error, 'read it').message }] };
  }
}

/** Differs when the file may differ; undefined when it is gone. */
function versionOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found && `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`;
}

function join(file: string, path: string): string {
  return path === '' ? file : `${file}: ${path}`;
}
