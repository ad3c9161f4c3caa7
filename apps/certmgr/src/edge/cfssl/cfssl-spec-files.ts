/** The spec files of cloudflare's certmgr in a folder, JSON and YAML; or one of them. */

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import type { PlannedCfsslSpec } from '../../core/cfssl/cfssl-rules.ts';
import { type CfsslSpec, filesOfSpec, type SpecDefaults } from '../../core/cfssl/cfssl-spec.ts';
import type { DocumentFormat } from '../../core/cfssl/read-document.ts';
import { parseCfsslSpec } from '../../core/cfssl/spec-file-schema.ts';
import { type FileResult, problem, SpecFolder, type SpecProblem } from '../spec-folder.ts';
import type { AuthKeys } from './auth-keys.ts';

export interface LoadedCfsslSpec {
  readonly file: string;
  readonly spec: PlannedCfsslSpec;
  /** Of what makes another certificate, and of the key to ask for it with: a new key is tried at once. */
  readonly digest: string;
}

export interface LoadedCfsslSpecs {
  readonly specs: readonly LoadedCfsslSpec[];
  readonly problems: readonly SpecProblem[];
}

const formats: Readonly<Record<string, DocumentFormat>> = { '.json': 'json', '.yaml': 'yaml', '.yml': 'yaml' };
/** Files of our own are named after it, with some letters more. */
const longestName = 200;

export class CfsslSpecFiles {
  readonly #folder: SpecFolder<LoadedCfsslSpec>;
  readonly #keys: AuthKeys;

  constructor(path: string, defaults: SpecDefaults, keys: AuthKeys) {
    this.#keys = keys;
    this.#folder = new SpecFolder({
      path: resolve(path),
      mayBeFile: true,
      isSpec: (name) => formats[extname(name)] !== undefined,
      read: (file) => readSpec(file, defaults),
    });
  }

  /** Everything that can be used, and everything that is wrong. Specs that share a file are all left out. */
  load(): LoadedCfsslSpecs {
    const { loaded, problems } = this.#folder.load();
    const users = new Map<string, string[]>();
    for (const { file, spec } of loaded) {
      for (const { path } of filesOfSpec(spec.cfssl)) users.set(path, [...(users.get(path) ?? []), file]);
    }
    const shared = [...users].filter(([, files]) => files.length > 1);
    const left = new Set(shared.flatMap(([, files]) => files));
    const sharing = shared.flatMap(([path, files]) =>
      files.map((file) => ({
        path: file,
        message: `${path} is also kept by ${files.filter((one) => one !== file).join(', ')}`,
      })),
    );
    return {
      specs: loaded.filter(({ file }) => !left.has(file)).map((one) => this.#withKey(one)),
      problems: [...problems, ...sharing],
    };
  }

  #withKey(read: LoadedCfsslSpec): LoadedCfsslSpec {
    const fingerprint = this.#keys.fingerprintOf(read.spec.cfssl.authority.authKey);
    return fingerprint === '' ? read : { ...read, digest: `${read.digest}-${fingerprint}` };
  }
}

/** The folder that holds the specs, also when one of them was given. */
export function folderOfSpecs(path: string): string {
  const whole = resolve(path);
  return statSync(whole, { throwIfNoEntry: false })?.isFile() ? dirname(whole) : whole;
}

function readSpec(file: string, defaults: SpecDefaults): FileResult<LoadedCfsslSpec> {
  const name = basename(file);
  const format = formats[extname(file)];
  if (format === undefined) return problem('is neither .json nor .yaml nor .yml');
  if (name.length > longestName) return problem(`has a name of more than ${longestName} characters`);
  const parsed = parseCfsslSpec(readFileSync(file, 'utf8'), { name, format, defaults });
  if (parsed.kind === 'problems') return parsed;
  const { spec: cfssl } = parsed;
  const { authority } = cfssl;
  const spec: PlannedCfsslSpec = {
    name,
    authority: authority.remotes.join(', '),
    directory: (cfssl.keyPair?.certificate ?? cfssl.ca)?.path ?? '',
    validityS: Number.POSITIVE_INFINITY,
    cfssl,
  };
  return { kind: 'loaded', loaded: { file, spec, digest: digestOf(cfssl) } };
}

function digestOf({ authority, keyPair, keyUsages }: CfsslSpec): string {
  const { remotes, label, profile } = authority;
  const shown = [remotes, label, profile, keyPair?.request, keyUsages];
  return createHash('sha256').update(JSON.stringify(shown)).digest('hex').slice(0, 32);
}
