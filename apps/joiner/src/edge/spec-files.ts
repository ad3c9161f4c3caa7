/** The component specs of this host, as config-renderer wrote them: one JSON file a component. */

import { readFileSync } from 'node:fs';
import type { ComponentSpec } from '@easycerts/cluster';
import { toAppError } from '@easycerts/core';
import { parseComponent } from '../core/component-schema.ts';
import { JsonFolder } from './json-folder.ts';

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

/** Reads the specs of one folder, again and again. */
export class SpecFiles {
  readonly #directory: string;
  readonly #folder: JsonFolder<FileResult>;
  readonly #passedOver: ReadonlySet<string>;

  /** `passedOver`: units whose files are as if they were not there. */
  constructor(directory: string, passedOver: readonly string[] = []) {
    this.#directory = directory;
    this.#folder = new JsonFolder(directory, readSpec);
    this.#passedOver = new Set(passedOver);
  }

  /** Everything that can be used, and everything that is wrong. Never throws. */
  load(): LoadedSpecs {
    let results: ReadonlyMap<string, FileResult>;
    try {
      results = new Map([...this.#folder.load()].filter(([unit]) => !this.#passedOver.has(unit)));
    } catch (error) {
      const { message } = toAppError(error, 'list it');
      return { specs: [], problems: [{ unit: '', path: this.#directory, message }], units: undefined };
    }
    const all = [...results.values()];
    return {
      specs: all.flatMap((result) => ('spec' in result ? [result.spec] : [])),
      problems: all.flatMap((result) => ('problem' in result ? [result.problem] : [])),
      units: new Set(results.keys()),
    };
  }
}

function readSpec(path: string, unit: string): FileResult {
  try {
    const parsed = parseComponent(readFileSync(path, 'utf8'), unit);
    return parsed.kind === 'component' ? { spec: parsed.spec } : { problem: { unit, path, message: parsed.message } };
  } catch (error) {
    return { problem: { unit, path, message: toAppError(error, 'read it').message } };
  }
}
