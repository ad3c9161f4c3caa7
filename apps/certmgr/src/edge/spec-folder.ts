/** A folder of spec files, of whatever kind. A file is read again when it changed. */

import { readdirSync, statSync } from 'node:fs';
import { systemErrorCode, toAppError } from '@easycerts/core';
import type { Logger } from '@easycerts/runtime';
import type { SpecFileProblem } from '../core/spec-schema.ts';
import { type FileVersion, isSameVersion, versionOfFile } from './file-version.ts';

/** A problem of one file; `path` is the file and the keys down to the problem. */
export interface SpecProblem {
  readonly path: string;
  readonly message: string;
}

export type FileResult<T> =
  | { readonly kind: 'loaded'; readonly loaded: T }
  | { readonly kind: 'problems'; readonly problems: readonly SpecFileProblem[] };

export interface FolderOfSpecs<T> {
  /** In the order of the file names. */
  readonly loaded: readonly T[];
  readonly problems: readonly SpecProblem[];
}

export interface SpecFolderOptions<T> {
  readonly path: string;
  /** Whether `path` may be one spec instead of a folder. */
  readonly mayBeFile?: boolean;
  /** Whether a file of that name is a spec; hidden files never are. */
  readonly isSpec: (name: string) => boolean;
  readonly read: (file: string) => FileResult<T>;
}

interface Known<T> {
  readonly version: FileVersion;
  readonly result: FileResult<T>;
}

/** No spec is larger; what is, lies there by mistake. */
const longestBytes = 1024 * 1024;

export class SpecFolder<T> {
  readonly #options: SpecFolderOptions<T>;
  #known = new Map<string, Known<T>>();

  constructor(options: SpecFolderOptions<T>) {
    this.#options = options;
  }

  /** Every file that can be used and all that is wrong with the others. No folder means no specs. */
  load(): FolderOfSpecs<T> {
    const known = new Map<string, Known<T>>();
    for (const file of this.#list()) {
      const found = statSync(file, { throwIfNoEntry: false });
      if (found === undefined) continue;
      const version = versionOfFile(found);
      const before = this.#known.get(file);
      const isKnown = before !== undefined && isSameVersion(before.version, version);
      known.set(file, isKnown ? before : { version, result: this.#read(file, found.size) });
    }
    this.#known = known;
    const loaded: T[] = [];
    const problems: SpecProblem[] = [];
    for (const [file, { result }] of known) {
      if (result.kind === 'loaded') loaded.push(result.loaded);
      else problems.push(...result.problems.map((one) => problemOf(file, one)));
    }
    return { loaded, problems };
  }

  #read(file: string, bytes: number): FileResult<T> {
    if (bytes > longestBytes) return problem(`larger than ${longestBytes} bytes`);
    try {
      return this.#options.read(file);
    } catch (error) {
      return problem(toAppError(error, 'read it').message);
    }
  }

  #list(): readonly string[] {
    const { path, isSpec, mayBeFile = false } = this.#options;
    try {
      const names = readdirSync(path).filter((name) => !name.startsWith('.') && isSpec(name));
      return names.sort().map((name) => `${path}/${name}`);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      if (mayBeFile && systemErrorCode(error) === 'ENOTDIR') return [path];
      throw toAppError(error, `list certificate specs in ${path}`);
    }
  }
}

function problemOf(file: string, { path, message }: SpecFileProblem): SpecProblem {
  return { path: path === '' ? file : `${file}: ${path}`, message };
}

/** Of a file as a whole. */
export function problem<T>(message: string): FileResult<T> {
  return { kind: 'problems', problems: [{ path: '', message }] };
}

/** For a daemon: what is wrong with specs is told when it changes, not at every pass. */
export function problemTeller(logger: Logger): (problems: readonly SpecProblem[]) => void {
  let told = JSON.stringify([]);
  return (problems) => {
    const now = JSON.stringify(problems);
    if (now === told) return;
    told = now;
    for (const { path, message } of problems) logger.error({ path, problem: message }, 'certificate spec is left out');
  };
}
