/** The component specs of this host, as config-renderer wrote them: one JSON file a component. */

import { readdirSync, readFileSync } from 'node:fs';
import type { ComponentSpec } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import { parseComponent } from '../core/component-schema.ts';
import { versionOf } from './file-version.ts';

export interface SpecProblem {
  readonly unit: string;
  readonly path: string;
  readonly message: string;
}

export interface LoadedSpecs {
  readonly specs: readonly ComponentSpec[];
  readonly problems: readonly SpecProblem[];
  /**
   * Units that have a file, whether it can be used or not. Undefined when the folder cannot be listed: then nobody knows what
   * is no longer wanted, and nothing is stopped.
   */
  readonly units: ReadonlySet<string> | undefined;
}

type FileResult = { readonly spec: ComponentSpec } | { readonly problem: SpecProblem };

const suffix = '.json';

/** Reads the specs of one folder, again and again; a file is parsed again when it may have changed. */
export class SpecFiles {
  readonly #directory: string;
  #results = new Map<string, { readonly version: string; readonly result: FileResult }>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Everything that can be used, and everything that is wrong. Never throws. */
  load(): LoadedSpecs {
    let units: readonly string[];
    try {
      units = listUnits(this.#directory);
    } catch (error) {
      const { message } = toAppError(error, 'list it');
      return { specs: [], problems: [{ unit: '', path: this.#directory, message }], units: undefined };
    }
    const results = new Map<string, { readonly version: string; readonly result: FileResult }>();
    for (const unit of units) {
      const path = `${this.#directory}/${unit}${suffix}`;
      const version = versionOf(path) ?? 'gone';
      const known = this.#results.get(path);
      results.set(path, known?.version === version ? known : { version, result: readSpec(path, unit) });
    }
    this.#results = results;
    const all = [...results.values()].map(({ result }) => result);
    return {
      specs: all.flatMap((result) => ('spec' in result ? [result.spec] : [])),
      problems: all.flatMap((result) => ('problem' in result ? [result.problem] : [])),
      units: new Set(units),
    };
  }
}

function listUnits(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(suffix) && !name.startsWith('.'))
    .map((name) => name.slice(0, -suffix.length))
    .sort();
}

function readSpec(path: string, unit: string): FileResult {
  try {
    const parsed = parseComponent(readFileSync(path, 'utf8'), unit);
    return parsed.kind === 'component' ? { spec: parsed.spec } : { problem: { unit, path, message: parsed.message } };
  } catch (error) {
    return { problem: { unit, path, message: toAppError(error, 'read it').message } };
  }
}
