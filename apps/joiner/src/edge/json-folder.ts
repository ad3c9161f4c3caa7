/** A folder of JSON files, one a thing, that is read again and again; a file is read again when it may have changed. */

import { readdirSync } from 'node:fs';
import { versionOf } from './file-version.ts';

const suffix = '.json';

export class JsonFolder<T> {
  readonly #directory: string;
  readonly #read: (path: string, name: string) => T;
  #results = new Map<string, { readonly version: string; readonly result: T }>();

  /** `read` gets the path and the name without suffix, and does not throw. */
  constructor(directory: string, read: (path: string, name: string) => T) {
    this.#directory = directory;
    this.#read = read;
  }

  /** What was read of each file, by name without suffix, sorted. Throws when the folder cannot be listed. */
  load(): ReadonlyMap<string, T> {
    const results = new Map<string, { readonly version: string; readonly result: T }>();
    for (const name of this.#names()) {
      const path = `${this.#directory}/${name}${suffix}`;
      const version = versionOf(path) ?? 'gone';
      const known = this.#results.get(name);
      results.set(name, known?.version === version ? known : { version, result: this.#read(path, name) });
    }
    this.#results = results;
    return new Map([...results].map(([name, { result }]) => [name, result]));
  }

  #names(): readonly string[] {
    return readdirSync(this.#directory)
      .filter((name) => name.endsWith(suffix) && !name.startsWith('.'))
      .map((name) => name.slice(0, -suffix.length))
      .sort();
  }
}
